package e2e

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pulse sends timings that tell when they were sent: second 17 after the begin
// takes 17 ms. So a row that holds another time's values is seen.
type pulse struct {
	base int64   // Unix seconds
	sent []int64 // the seconds in which one was sent
}

func newPulse() *pulse { return &pulse{base: time.Now().Unix() - 1} }

// run sends for so long.
func (p *pulse) run(t *testing.T, udp string, long time.Duration) {
	t.Helper()
	conn, err := net.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		if _, err := fmt.Fprintf(conn, "pulse:%d|ms", now.Unix()-p.base); err != nil {
			t.Fatal(err)
		}
		p.sent = append(p.sent, now.Unix())
		<-tick.C
	}
}

// The columns of a timing's archives.
const (
	columnMin, columnMax   = 6, 7
	columnSum, columnCount = 8, 9
)

// judge opens the archives of the timing, one for each tier. None may hold more
// in a row than was sent then, nor anything of another time. Meanwhile the
// service may update them.
func (p *pulse) judge(t *testing.T, s *server) {
	t.Helper()
	eventually(t, "the archives of what came by UDP", func() error {
		_, err := p.inRows(t, s)
		return err
	})
}

// verify judges the archives, and waits until those of the finest tier hold all
// that the service ever stored.
func (p *pulse) verify(t *testing.T, s *server) {
	t.Helper()
	eventually(t, "the timings are in rows", func() error {
		stored, err := s.query("last_over_time(pulse_seconds_count[10m])") // by now it may be stale
		if err == nil && len(stored) != 1 {
			err = fmt.Errorf("the count is %+v", stored)
		}
		if err != nil {
			return err
		}
		flush(t, s)
		total, err := p.inRows(t, s)
		// The last interval is in a row when it has ended.
		if want := stored[0].Value.float(t); err == nil && (total != want || total == 0) {
			err = fmt.Errorf("%v in rows, %v were stored", total, want)
		}
		return err
	})
}

// inRows checks the rows of all files and returns how many timings are in those
// of the finest tier.
func (p *pulse) inRows(t *testing.T, s *server) (total float64, err error) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.data, "archives/pulse_seconds/_@*.rrd"))
	if err != nil {
		return 0, err
	}
	for _, name := range files {
		a := openArchive(t, s.data, strings.TrimPrefix(name, s.data+"/archives/"))
		n, err := p.inFile(a)
		if err != nil {
			return 0, err
		}
		if a.schema.Step == 10 {
			total = n
		}
	}
	return total, nil
}

func (p *pulse) inFile(a *archive) (total float64, err error) {
	r := a.rows[0]
	for k := range len(r.Values) / r.DS {
		row, at := r.Values[k*r.DS:(k+1)*r.DS], end(r, k)
		count := row[columnCount]
		if !(count > 0) {
			continue
		}
		total += count
		from := at - r.Step - 2 // a busy machine is late
		if n := p.between(from, at); count > float64(n) {
			return 0, fmt.Errorf("%s: %v timings in the row that ends at %d, %d were sent then", a.path, count, at, n)
		}
		// Percentiles, least and greatest, each within its error.
		for c, v := range row[:columnMax+1] {
			if v < 0.99*float64(from-p.base)/1000 || v > 1.01*float64(at-p.base)/1000 {
				return 0, fmt.Errorf("%s: column %d of the row that ends at %d tells of second %v, not of %d to %d", a.path, c, at, v*1000, from-p.base, at-p.base)
			}
		}
	}
	return total, nil
}

func (p *pulse) between(from, to int64) (n int) {
	for _, s := range p.sent {
		if s >= from && s <= to {
			n++
		}
	}
	return n
}
