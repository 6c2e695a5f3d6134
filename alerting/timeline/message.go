package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plimsoll/alerting/notify"
)

// subject is what an alert is of.
type subject struct{ name, instance string }

func instanceOf(labels map[string]string) string { return cmp.Or(labels["instance"], labels["host"]) }

func (s subject) String() string {
	if s.instance == "" {
		return s.name
	}
	return s.name + "@" + s.instance
}

// is reports whether a line means this alert: by its name, or by the instance too.
func (s subject) is(text string) bool { return text == s.name || text == s.String() }

// word is what one message, or part of one, says.
type word struct {
	event string
	of    subject
}

func (w word) String() string { return w.event + " " + w.of.String() }

// message is what a contact was told.
type message struct {
	contact string
	joined  bool
	words   []word
}

// messageOf describes a message as lines write it.
func messageOf(contact string, m notify.Message) message {
	parts := m.Parts
	if len(parts) == 0 {
		parts = []notify.Message{m}
	}
	out := message{contact: contact, joined: len(m.Parts) > 0}
	for _, p := range parts {
		event := string(p.Event)
		if p.Event == notify.Problem && p.Number > 0 {
			event = "update"
		}
		out.words = append(out.words, word{event, subject{p.Name, instanceOf(p.Labels)}})
	}
	return out
}

func (m message) String() string { return written(m.contact, m.joined, m.words) }

// wanted is a message that a line expects; the words' names may have instances.
type wanted struct {
	contact string
	joined  bool
	words   []wantedWord
}

type wantedWord struct{ event, of string }

func (w wantedWord) String() string { return w.event + " " + w.of }

func (w wanted) String() string { return written(w.contact, w.joined, w.words) }

func written[T fmt.Stringer](contact string, joined bool, words []T) string {
	texts := sortedTexts(words)
	if joined {
		return contact + " [" + strings.Join(texts, "; ") + "]"
	}
	return contact + " " + strings.Join(texts, "; ")
}

func sortedTexts[T fmt.Stringer](all []T) []string {
	texts := make([]string, 0, len(all))
	for _, one := range all {
		texts = append(texts, one.String())
	}
	slices.Sort(texts)
	return texts
}

func listed[T fmt.Stringer](all []T) string { return strings.Join(sortedTexts(all), ", ") }

// parseWanted reads "ops problem web@a, boss [problem web; recovery db]".
func parseWanted(text string) (all []wanted, err error) {
	for _, one := range strings.Split(text, ", ") {
		contact, rest := cut(one)
		inner, joined := strings.CutPrefix(rest, "[")
		w := wanted{contact: contact, joined: joined}
		parts := []string{inner}
		if joined {
			inside, closed := strings.CutSuffix(inner, "]")
			if !closed {
				return nil, fmt.Errorf("%q: the bracket does not end", one)
			}
			parts = strings.Split(inside, ";")
		}
		for _, p := range parts {
			event, of := cut(p)
			if !slices.Contains([]string{"problem", "update", "recovery", "closed", "info"}, event) || of == "" {
				return nil, fmt.Errorf("%q: want CONTACT problem|update|recovery|closed|info NAME", one)
			}
			w.words = append(w.words, wantedWord{event, of})
		}
		all = append(all, w)
	}
	return all, nil
}

// meets reports whether all messages that came, and no others, were wanted.
func meets(want []wanted, got []message) bool {
	return paired(want, got, func(w wanted, m message) bool {
		return w.contact == m.contact && w.joined == m.joined && paired(w.words, m.words, wantedWord.fits)
	})
}

func (w wantedWord) fits(o word) bool { return w.event == o.event && o.of.is(w.of) }

// paired reports whether each of want has one of got for itself, and all have one.
// Those that name an instance choose first, as they have less choice.
func paired[W fmt.Stringer, G any](want []W, got []G, fits func(W, G) bool) bool {
	if len(want) != len(got) {
		return false
	}
	left := slices.Clone(got)
	choosy := slices.Clone(want)
	slices.SortStableFunc(choosy, func(a, b W) int {
		return strings.Count(b.String(), "@") - strings.Count(a.String(), "@")
	})
	for _, w := range choosy {
		i := slices.IndexFunc(left, func(g G) bool { return fits(w, g) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}
