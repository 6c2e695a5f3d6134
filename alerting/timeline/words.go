package timeline

import (
	"errors"
	"strconv"
	"strings"
)

// words splits a text at spaces that stand neither in quotes nor in braces. A word
// that is all in quotes is what they hold.
func words(text string) ([]string, error) {
	var all []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		n, err := wordLength(text)
		if err != nil {
			return nil, err
		}
		word := text[:n]
		if plain, err := strconv.Unquote(word); err == nil && word[0] == '"' {
			word = plain
		}
		all, text = append(all, word), text[n:]
	}
	return all, nil
}

// cut takes the first word off a text, whatever stands in it.
func cut(text string) (first, rest string) {
	text = strings.TrimSpace(text)
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		return text[:i], strings.TrimSpace(text[i:])
	}
	return text, ""
}

var errUnfinished = errors.New("a quote or a brace does not end")

// wordLength is how long the word at the beginning of a text is.
func wordLength(text string) (int, error) {
	quoted, depth := false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			depth--
		case (c == ' ' || c == '\t') && depth <= 0:
			return i, nil
		}
	}
	if quoted || depth > 0 {
		return 0, errUnfinished
	}
	return len(text), nil
}
