package picture

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
)

// Sizes of text, in pixels.
const (
	titleSize = 14
	textSize  = 12
)

// faces are the fonts of one picture. They are not for several goroutines.
type faces map[int]font.Face

func newFaces() (faces, error) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("parse the font: %w", err)
	}
	f := faces{}
	for _, size := range []int{titleSize, textSize} {
		f[size], err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return nil, fmt.Errorf("make the font of size %d: %w", size, err)
		}
	}
	return f, nil
}

// width of text in pixels.
func (f faces) width(text string, size int) float64 {
	w := 0.0
	for _, r := range text {
		w += f.advance(r, size)
	}
	return w
}

func (f faces) advance(r rune, size int) float64 {
	a, _ := f[size].GlyphAdvance(r) // what it has not is as wide as its replacement
	return float64(a) / 64
}

// fit returns text on one line that is not wider than room, cut where needed.
func (f faces) fit(text string, size int, room float64) string {
	text = oneLine(text)
	if f.width(text, size) <= room {
		return text
	}
	room -= f.advance('…', size)
	for i, r := range text {
		if room -= f.advance(r, size); room < 0 {
			if i == 0 {
				return ""
			}
			return strings.TrimRight(text[:i], " ") + "…"
		}
	}
	return text
}

// longest is how much of a text is looked at, in characters: no picture shows more.
const longest = 600

// oneLine makes text one bounded line of characters that can be shown.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) <= longest {
		return text
	}
	n := 0
	for i := range text {
		if n++; n > longest {
			return text[:i]
		}
	}
	return text
}
