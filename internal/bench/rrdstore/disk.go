package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// cleanly brings all dirty pages to the disk before and after do, so that each
// round dirties clean pages, as it would with minutes between. It returns what
// the disk below dir was given meanwhile: by everybody on this machine.
func cleanly(dir string, do func() (round, error)) (round, error) {
	unix.Sync()
	before, known := deviceBytes(dir)
	r, err := do()
	unix.Sync()
	if after, _ := deviceBytes(dir); known {
		r.Device = after - before
	}
	return r, err
}

// deviceBytes is what was written to the block device of a directory so far.
func deviceBytes(dir string) (int64, bool) {
	var st unix.Stat_t
	if unix.Stat(dir, &st) != nil {
		return 0, false
	}
	b, err := os.ReadFile(fmt.Sprintf("/sys/dev/block/%d:%d/stat", unix.Major(st.Dev), unix.Minor(st.Dev)))
	if err != nil {
		return 0, false
	}
	return sectorsWritten(string(b)) * 512, true
}

// sectorsWritten is the seventh field (Documentation/block/stat.rst).
func sectorsWritten(stat string) int64 {
	f := strings.Fields(stat)
	if len(f) < 7 {
		return 0
	}
	n, _ := strconv.ParseInt(f[6], 10, 64) // what is no number counts nothing
	return n
}

// dropCaches empties the page cache; false where this process may not.
func dropCaches() bool {
	unix.Sync()
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0) == nil
}
