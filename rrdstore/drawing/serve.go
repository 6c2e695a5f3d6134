package drawing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// What a helper allows itself in all: addresses, of which Go alone reserves more
// than a gigabyte, and seconds of the processor.
const (
	maxAddresses = 8 << 30
	maxSeconds   = 120
)

// Serve is the helper: it answers requests from in on out until in ends.
func Serve(in io.Reader, out io.Writer, draw func(Request) ([]byte, error)) error {
	for {
		q, err := readRequest(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a request: %w", err)
		}
		picture, err := draw(q)
		r := reply{body: picture}
		if err != nil {
			r = reply{failed: true, body: []byte(err.Error())}
		}
		r.resident = resident()
		if err := writeReply(out, r); err != nil {
			return fmt.Errorf("answer a request: %w", err)
		}
	}
}

// Limit keeps this process, which is a helper, within bounds whatever the library
// does, and from leaving a core file.
func Limit() error {
	return errors.Join(
		unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: maxAddresses, Max: maxAddresses}),
		unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: maxSeconds, Max: maxSeconds}),
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}),
	)
}

// resident is what this process takes of memory, 0 if the kernel does not say.
func resident() uint64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}
