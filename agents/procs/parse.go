package procs

import (
	"cmp"
	"os"
	"strconv"
	"strings"

	"plimsoll/internal/procfs"
)

// maxCommand bounds a command line.
const maxCommand = 200

// details adds what is asked of the chosen processes alone. One that has ended
// meanwhile keeps what was seen of it.
func (t *Top) details(chosen []Process) {
	if len(chosen) == 0 {
		return
	}
	users := procfs.Users(t.cfg.Root) // without names: numbers
	for i := range chosen {
		p := &chosen[i]
		if owner := t.dir().Owner(p.PID); owner != "" {
			p.User = cmp.Or(users[owner], owner)
		}
		if data, err := os.ReadFile(t.dir().Path(p.PID, "io")); err == nil {
			p.ReadBytes, p.WrittenBytes = parseIO(data)
		}
		if t.cfg.Arguments {
			if line := t.dir().CommandLine(p.PID, maxCommand); line != "" {
				p.Command = line
			}
		}
	}
}

// parseIO reads the lines read_bytes and write_bytes of /proc/PID/io.
func parseIO(data []byte) (read, written *uint64) {
	for line := range strings.Lines(string(data)) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), ": ")
		v, err := strconv.ParseUint(text, 10, 64)
		switch {
		case err != nil:
		case name == "read_bytes":
			read = &v
		case name == "write_bytes":
			written = &v
		}
	}
	return read, written
}
