package procs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxCommand bounds a command line.
const maxCommand = 200

// parseStat reads /proc/PID/stat: "812 (a name) R 1 …". The name may hold brackets
// and spaces; fields are counted from its end.
func parseStat(data []byte) (Process, uint64, error) {
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 1 || end < open {
		return Process{}, 0, fmt.Errorf("stat of a process: no name in brackets in %.100q", data)
	}
	f := strings.Fields(string(data[end+1:]))
	if len(f) < 22 {
		return Process{}, 0, fmt.Errorf("stat of a process: %d fields in %.100q", len(f), data)
	}
	var err error
	whole := func(text string) uint64 {
		v, e := strconv.ParseInt(text, 10, 64)
		if e != nil && err == nil {
			err = fmt.Errorf("stat of a process: %q is not a number", text)
		}
		return uint64(max(0, v))
	}
	pid := int(whole(strings.TrimSpace(string(data[:open]))))
	p := Process{
		PID: pid, Command: printable(string(data[open+1 : end])), State: f[0], Parent: int(whole(f[1])),
		Threads: int(whole(f[17])), RSSBytes: whole(f[21]) * uint64(os.Getpagesize()),
		key: key{pid, whole(f[19])},
	}
	return p, whole(f[11]) + whole(f[12]), err
}

// printable replaces what could move the cursor of a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "?"))
}

// details adds what is asked of the chosen processes alone. One that has ended
// meanwhile keeps what was seen of it.
func (t *Top) details(chosen []Process) {
	if len(chosen) == 0 {
		return
	}
	passwd, _ := os.ReadFile(filepath.Join("/", t.cfg.Root, "etc/passwd")) // without it: numbers
	users := parsePasswd(passwd)
	for i := range chosen {
		p := &chosen[i]
		dir := filepath.Join(t.cfg.Proc, strconv.Itoa(p.PID))
		var info unix.Stat_t
		if unix.Stat(dir, &info) == nil {
			p.User = strconv.FormatUint(uint64(info.Uid), 10)
			if name := users[p.User]; name != "" {
				p.User = name
			}
		}
		if data, err := os.ReadFile(filepath.Join(dir, "io")); err == nil {
			p.ReadBytes, p.WrittenBytes = parseIO(data)
		}
		if t.cfg.Arguments {
			if line := commandLine(filepath.Join(dir, "cmdline")); line != "" {
				p.Command = line
			}
		}
	}
}

// parsePasswd returns the names of users by their numbers (passwd(5)).
func parsePasswd(data []byte) map[string]string {
	names := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if f := strings.SplitN(line, ":", 4); len(f) == 4 && names[f[2]] == "" {
			names[f[2]] = printable(f[0])
		}
	}
	return names
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

// commandLine returns the begin of a command line, "" for the kernel's own.
func commandLine(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	buf := make([]byte, maxCommand)
	n, _ := file.Read(buf)
	return printable(strings.TrimRight(strings.ReplaceAll(string(buf[:n]), "\x00", " "), " "))
}
