package process

import (
	"fmt"
	"io"
)

// Goal is what is to be reached within one run; a bench's results are a B.
type Goal[B any] struct {
	What string
	// Measured returns what was measured in words, and whether that is enough;
	// is says whether all that it needs was measured at all.
	Measured func(B) (words string, reached, is bool)
}

// WriteGoals writes a table of what was reached; all says that what was not
// measured is named.
func WriteGoals[B any](w io.Writer, goals []Goal[B], results B, all bool) {
	fmt.Fprintf(w, "\n## goals (load average %s)\n\n", LoadAverage())
	fmt.Fprintln(w, "| goal | measured | reached |")
	fmt.Fprintln(w, "|---|---|---|")
	for _, g := range goals {
		words, reached, is := g.Measured(results)
		switch {
		case !is && !all:
		case !is:
			fmt.Fprintf(w, "| %s | not measured | |\n", g.What)
		case reached:
			fmt.Fprintf(w, "| %s | %s | yes |\n", g.What, words)
		default:
			fmt.Fprintf(w, "| %s | %s | **no** |\n", g.What, words)
		}
	}
}
