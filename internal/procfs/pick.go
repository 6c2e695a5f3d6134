package procfs

import (
	"errors"
	"fmt"
	"path"
	"regexp"
)

// maxLine is how much of a command line is compared.
const maxLine = 4 << 10

// Selector says which processes are meant: those for which all that is given is
// true.
type Selector struct {
	// Comm is the name of the command, as a pattern such as postgres*. The kernel
	// keeps 15 bytes of a name.
	Comm string `yaml:"comm"`
	// Exe is a pattern of the program's path, or of its last part if it has no
	// slash.
	Exe string `yaml:"exe"`
	// Cmdline is a regular expression for the arguments with spaces between them.
	Cmdline string `yaml:"cmdline"`
	// User is the name of a user, or a number.
	User string `yaml:"user"`
}

// Picker is a selector that is ready to pick.
type Picker struct {
	Selector
	line *regexp.Regexp // nil: any
	comm string         // cut to what the kernel keeps
}

const maxComm = 15

// Picker makes a selector ready. It reports all that is wrong with it, each
// with its key.
func (s Selector) Picker() (Picker, error) {
	p := Picker{Selector: s, comm: s.Comm}
	if len(s.Comm) > maxComm {
		p.comm = s.Comm[:maxComm]
	}
	var errs []error
	if s == (Selector{}) {
		errs = append(errs, errors.New("comm: is missing, and so are exe, cmdline and user: which processes?"))
	}
	for key, pattern := range map[string]string{"comm": s.Comm, "exe": s.Exe} {
		if _, err := path.Match(pattern, ""); err != nil {
			errs = append(errs, fmt.Errorf("%s: %q: %w", key, pattern, err))
		}
	}
	if s.Cmdline != "" {
		var err error
		if p.line, err = regexp.Compile(s.Cmdline); err != nil {
			errs = append(errs, fmt.Errorf("cmdline: %w", err))
		}
	}
	return p, errors.Join(errs...)
}

// Picks reports whether a process is meant. users are the names by number.
func (p Picker) Picks(d Dir, s Stat, users map[string]string) bool {
	if p.comm != "" && !matches(p.comm, s.Command) {
		return false
	}
	if p.User != "" {
		if owner := d.Owner(s.PID); owner == "" || owner != p.User && users[owner] != p.User {
			return false
		}
	}
	if p.Exe != "" {
		program := d.Executable(s.PID)
		if !matches(p.Exe, program) && !matches(p.Exe, path.Base(program)) {
			return false
		}
	}
	return p.line == nil || p.line.MatchString(d.CommandLine(s.PID, maxLine))
}

func matches(pattern, name string) bool {
	is, _ := path.Match(pattern, name) // was validated
	return is
}
