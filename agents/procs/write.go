package procs

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// Write writes a list as a table for people.
func (l List) Write(to io.Writer) error {
	if _, err := fmt.Fprintf(to, "%s  processes %d  CPUs %d\n\n", l.At.UTC().Format("15:04:05Z"), l.Total, l.CPUs); err != nil {
		return err
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "PID\tUSER\tCPU %\tMEMORY MB\tSTATE\tTHREADS\tREAD MB\tWRITTEN MB\tCOMMAND") // errors come with Flush
	for _, p := range l.Processes {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%.1f\t%.1f\t%s\t%d\t%s\t%s\t%s\n", p.PID, p.User, 100*p.CPU, float64(p.RSSBytes)/1e6,
			p.State, p.Threads, megabytes(p.ReadBytes), megabytes(p.WrittenBytes), p.Command)
	}
	return w.Flush()
}

// megabytes writes what may not be known.
func megabytes(bytes *uint64) string {
	if bytes == nil {
		return "-"
	}
	return strconv.FormatFloat(float64(*bytes)/1e6, 'f', 1, 64)
}
