package admin

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const end = "END\n\n"

const help = "Commands: stats, counters, timers, gauges, sets, delcounters, deltimers, delgauges, delsets, health, config, quit\n\n"

// kindOf returns the kind that a word ends with: "delgauges" is of gauges.
func kindOf(word string) (k Kind, known bool) {
	k, known = map[string]Kind{"counters": Counters, "timers": Timers, "gauges": Gauges, "sets": Sets}[word]
	return k, known
}

// say answers one line.
func (s *Server) say(ctx context.Context, w *bufio.Writer, words []string) {
	switch word, args := words[0], words[1:]; word {
	case "help":
		_, _ = w.WriteString(help) // the flush at the end tells whether that failed
	case "config":
		s.sayConfig(w)
	case "health":
		s.sayHealth(w, args)
	case "stats":
		s.sayStats(w)
	default:
		if k, known := kindOf(word); known {
			s.sayAll(ctx, w, k)
			return
		}
		if kind, deletes := strings.CutPrefix(word, "del"); deletes {
			if k, known := kindOf(kind); known {
				s.delete(ctx, w, k, args)
				return
			}
		}
		_, _ = w.WriteString("ERROR\n")
	}
}

func (s *Server) sayConfig(w *bufio.Writer) {
	_ = w.WriteByte('\n')
	for _, one := range s.config.Daemon.Settings() {
		fmt.Fprintf(w, "%s: %s\n", one.Key, one.Value)
	}
	_, _ = w.WriteString(end)
}

func (s *Server) sayHealth(w *bufio.Writer, args []string) {
	if len(args) > 0 {
		switch strings.ToLower(args[0]) {
		case "up":
			s.down.Store(false)
		case "down":
			s.down.Store(true)
		}
	}
	state := "up"
	if s.down.Load() {
		state = "down"
	}
	fmt.Fprintf(w, "health: %s\n", state)
}

func (s *Server) sayStats(w *bufio.Writer) {
	fmt.Fprintf(w, "uptime: %d\n", int(s.config.Now().Sub(s.started).Seconds()))
	for _, f := range s.config.Daemon.Stats() {
		fmt.Fprintf(w, "%s.%s: %s\n", f.Group, f.Name, number(f.Value))
	}
	_, _ = w.WriteString(end)
}

// number writes v without an exponent, as JavaScript does.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (s *Server) sayAll(ctx context.Context, w *bufio.Writer, k Kind) {
	all, err := s.config.Daemon.Snapshot(ctx, k)
	if err != nil {
		fmt.Fprintf(w, "ERROR %s\n", err)
		return
	}
	slices.SortFunc(all, func(a, b Series) int { return cmp.Compare(a.Name, b.Name) })
	_ = w.WriteByte('{')
	for i, one := range all {
		if i > 0 {
			_ = w.WriteByte(',')
		}
		fmt.Fprintf(w, "\n  %s: %s", quoted(one.Name), one.value())
	}
	if len(all) > 0 {
		_ = w.WriteByte('\n')
	}
	_, _ = w.WriteString("}\n" + end)
}

func (s Series) value() string {
	if s.Timing == nil {
		return number(s.Value)
	}
	body, err := json.Marshal(s.Timing)
	if err != nil { // a sum beyond the numbers
		return "null"
	}
	return string(body)
}

// quoted writes a JSON string, with <, > and & as they are.
func quoted(name string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(name) // a string always can
	return strings.TrimSuffix(b.String(), "\n")
}

func (s *Server) delete(ctx context.Context, w *bufio.Writer, k Kind, patterns []string) {
	for _, p := range patterns {
		gone, busy, err := s.config.Daemon.Delete(ctx, k, p)
		if err != nil {
			fmt.Fprintf(w, "ERROR %s\n", err)
			return
		}
		slices.Sort(gone)
		slices.Sort(busy)
		if len(gone)+len(busy) == 0 {
			fmt.Fprintf(w, "metric %s not found\n", p)
		}
		for _, name := range gone {
			fmt.Fprintf(w, "deleted: %s\n", name)
		}
		for _, name := range busy {
			fmt.Fprintf(w, "metric %s not deleted: lines for it come all the while\n", name)
		}
	}
	_, _ = w.WriteString(end)
}
