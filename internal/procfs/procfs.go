package procfs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxProcesses bounds how many are looked at.
const maxProcesses = 100_000

// TicksPerSecond is the unit of times in a Stat.
const TicksPerSecond = 100

// Stat is what the file stat of a process says.
type Stat struct {
	PID, Parent int
	Command     string // its name, of 15 bytes at most
	State       string // the letter that ps shows
	Threads     int
	// UserTicks and SystemTicks are the CPU time that it used.
	UserTicks, SystemTicks uint64
	// Start is when it began, in ticks since the host did. With PID it is what a
	// process is known by.
	Start                  uint64
	VirtualBytes, RSSBytes uint64
}

// Dir is where procfs is mounted.
type Dir string

// PIDs are the numbers of all processes.
func (d Dir) PIDs() ([]int, error) {
	dir, err := os.Open(string(d))
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(maxProcesses)
	if err != nil {
		return nil, err
	}
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// Path is the path of a file of a process.
func (d Dir) Path(pid int, name string) string {
	return filepath.Join(string(d), strconv.Itoa(pid), name)
}

// Stats are those of all processes.
func (d Dir) Stats() ([]Stat, error) {
	pids, err := d.PIDs()
	if err != nil {
		return nil, err
	}
	all := make([]Stat, 0, len(pids))
	for _, pid := range pids {
		data, err := os.ReadFile(d.Path(pid, "stat"))
		if err != nil {
			continue // has ended
		}
		s, err := ParseStat(data)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Booted is when the host was started, as Unix time; 0: cannot tell.
func (d Dir) Booted() float64 {
	data, err := os.ReadFile(filepath.Join(string(d), "stat"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if text, is := strings.CutPrefix(line, "btime "); is {
			at, _ := strconv.ParseFloat(strings.TrimSpace(text), 64)
			return at
		}
	}
	return 0
}

// Owner is the number of the user that a process is of; "" if it has ended.
func (d Dir) Owner(pid int) string {
	var info unix.Stat_t
	if unix.Stat(d.Path(pid, ""), &info) != nil {
		return ""
	}
	return strconv.FormatUint(uint64(info.Uid), 10)
}

// CommandLine is the begin of a command line, of at most as many bytes, its
// arguments with spaces between them; "" for the kernel's own processes.
func (d Dir) CommandLine(pid, most int) string {
	return Printable(strings.TrimRight(strings.ReplaceAll(d.arguments(pid, most), "\x00", " "), " "))
}

// arguments are those of a command line, each with a zero byte after it.
func (d Dir) arguments(pid, most int) string {
	file, err := os.Open(d.Path(pid, "cmdline"))
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	buf := make([]byte, most)
	n, _ := file.Read(buf)
	return string(buf[:n])
}

// Executable is the path of the program of a process: as the kernel has it, or
// as the process itself says where we may not see that.
func (d Dir) Executable(pid int) string {
	if path, err := os.Readlink(d.Path(pid, "exe")); err == nil {
		return strings.TrimSuffix(path, " (deleted)")
	}
	first, _, _ := strings.Cut(d.arguments(pid, maxLine), "\x00")
	return first
}

// ParseStat reads /proc/PID/stat: "812 (a name) R 1 …". The name may hold brackets
// and spaces; fields are counted from its end.
func ParseStat(data []byte) (Stat, error) {
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 1 || end < open {
		return Stat{}, fmt.Errorf("stat of a process: no name in brackets in %.100q", data)
	}
	f := strings.Fields(string(data[end+1:]))
	if len(f) < 22 {
		return Stat{}, fmt.Errorf("stat of a process: %d fields in %.100q", len(f), data)
	}
	var err error
	whole := func(text string) uint64 {
		v, e := strconv.ParseInt(text, 10, 64)
		if e != nil && err == nil {
			err = fmt.Errorf("stat of a process: %q is not a number", text)
		}
		return uint64(max(0, v))
	}
	s := Stat{
		PID: int(whole(strings.TrimSpace(string(data[:open])))), Command: Printable(string(data[open+1 : end])), State: f[0],
		Parent: int(whole(f[1])), UserTicks: whole(f[11]), SystemTicks: whole(f[12]), Threads: int(whole(f[17])), Start: whole(f[19]),
		RSSBytes: whole(f[21]) * uint64(os.Getpagesize()),
	}
	s.VirtualBytes, _ = strconv.ParseUint(f[20], 10, 64)
	return s, err
}

// Printable replaces what could move the cursor of a terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "?"))
}

// Users are the names of users by their numbers, as etc/passwd below root has
// them (passwd(5)); without it there are none.
func Users(root string) map[string]string {
	data, _ := os.ReadFile(filepath.Join("/", root, "etc/passwd"))
	return ParsePasswd(data)
}

// ParsePasswd reads a file of users.
func ParsePasswd(data []byte) map[string]string {
	names := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if f := strings.SplitN(line, ":", 4); len(f) == 4 && names[f[2]] == "" {
			names[f[2]] = Printable(f[0])
		}
	}
	return names
}
