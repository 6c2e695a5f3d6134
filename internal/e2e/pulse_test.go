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
	columnMin, columnMax = 6, 7
	columnCount          = 9
)

// verify opens the archives of the timing, one for each tier. None may hold more
// in a row than was sent then, nor anything of another time; and those of the
// finest tier together hold all that the service ever stored.
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
		files, err := filepath.Glob(filepath.Join(s.data, "archives/pulse_seconds/_@*.rrd"))
		if err != nil {
			return err
		}
		total := 0.0
		for _, name := range files {
			a := openArchive(t, s.data, strings.TrimPrefix(name, s.data+"/archives/"))
			if n := p.inRows(t, a); a.schema.Step == 10 {
				total = n
			}
		}
		// The last interval is in a row when it has ended.
		if want := stored[0].Value.float(t); total != want || total == 0 {
			return fmt.Errorf("%v in rows, %v were stored", total, want)
		}
		return nil
	})
}

// inRows checks the rows of one file and returns how many timings are in them.
func (p *pulse) inRows(t *testing.T, a *archive) (total float64) {
	t.Helper()
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
			t.Fatalf("%s: %v timings in the row that ends at %d, %d were sent then", a.path, count, at, n)
		}
		least, greatest := row[columnMin]*1000+float64(p.base), row[columnMax]*1000+float64(p.base)
		if least < float64(from)-0.5 || greatest > float64(at)+0.5 {
			t.Fatalf("%s: the row that ends at %d has timings of %v to %v", a.path, at, least, greatest)
		}
	}
	return total
}

func (p *pulse) between(from, to int64) (n int) {
	for _, s := range p.sent {
		if s >= from && s <= to {
			n++
		}
	}
	return n
}
