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
	base  int64 // Unix seconds
	sent  []sending
	round int // where what the running server was sent begins
}

type sending struct {
	at   time.Time
	open bool // a kill may have cost it
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
		p.sent = append(p.sent, sending{at: now})
		<-tick.C
	}
}

// killed notes that the server is no more: the newest of what was sent may be
// lost, the rest not.
func (p *pulse) killed() {
	now := time.Now()
	for i := p.round; i < len(p.sent); i++ {
		p.sent[i].open = now.Sub(p.sent[i].at) < mayLose
	}
	p.round = len(p.sent)
}

// The columns of a timing's archives.
const (
	columnMin, columnMax = 6, 7
	columnCount          = 9
)

// verify opens the archives of the timing, one for each tier. None may hold more
// in a row than was sent then, nor anything of another time; all of them
// together hold what no kill may have cost.
func (p *pulse) verify(t *testing.T, s *server) {
	t.Helper()
	certain := 0
	for _, o := range p.sent {
		if !o.open {
			certain++
		}
	}
	// The last interval of the finest tier is not over before its end.
	var total float64
	eventually(t, "the timings are in rows", func() error {
		flush(t, s)
		files, err := filepath.Glob(filepath.Join(s.data, "archives/pulse_seconds/_@*.rrd"))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("archives %v: %w", files, err)
		}
		for _, name := range files {
			a := openArchive(t, s.data, strings.TrimPrefix(name, s.data+"/archives/"))
			if n := p.inRows(t, a); a.schema.Step == 10 {
				total = n
			}
		}
		if total < float64(certain) {
			return fmt.Errorf("%v in rows, %d sent and not in a last second", total, certain)
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
	for _, o := range p.sent {
		if s := o.at.Unix(); s >= from && s <= to {
			n++
		}
	}
	return n
}
