package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/bench/process"
	"plimsoll/rrdstore/librrd"
	"plimsoll/rrdstore/rrdfile"
)

// makeFiles makes the files of a tree as ours makes its own, of the same schema.
func makeFiles(dir, model string, series int, lastUpdate int64) error {
	schema, err := rrdfile.Inspect(model)
	if err != nil {
		return err
	}
	template, err := librrd.Template(*schema)
	if err != nil {
		return err
	}
	for i := range series {
		path := filepath.Join(dir, fileOf(i))
		if i%seriesPerName == 0 {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
		}
		if err := rrdfile.Create(path, template, lastUpdate); err != nil {
			return err
		}
	}
	return nil
}

// rrdcached is the daemon, fed in batches through its socket.
type rrdcached struct {
	*process.Child
	conn    net.Conn
	in      *bufio.Reader
	series  int
	n       int
	clock   clock
	written int // updates that it says it wrote, when the last round ended
	buf     []byte
	empty   round // its memory, before any series
}

// startRRDCached runs rrdcached over the files in dir. It writes when it is told
// to, as ours does; its journal is on.
func startRRDCached(dir string, series, threads int, from clock) (*rrdcached, error) {
	journal, socket := filepath.Join(dir, "journal"), filepath.Join(dir, "rrdcached.sock")
	if err := os.MkdirAll(journal, 0o755); err != nil {
		return nil, err
	}
	cmd := exec.Command("rrdcached", "-g", "-l", "unix:"+socket, "-b", dir, "-B", "-j", journal,
		"-p", filepath.Join(dir, "pid"), "-w", "3600", "-f", "7200", "-t", strconv.Itoa(threads))
	c, err := process.Start(cmd, dir)
	if err != nil {
		return nil, err
	}
	d := &rrdcached{Child: c, series: series, clock: from}
	for begin := time.Now(); time.Since(begin) < 20*time.Second && c.Alive(); time.Sleep(10 * time.Millisecond) {
		if d.conn, err = net.Dial("unix", socket); err == nil {
			d.in = bufio.NewReader(d.conn)
			return d, nil
		}
	}
	c.Stop(stopTime)
	return nil, fmt.Errorf("rrdcached does not listen: %w: %s", err, c.Said())
}

func (d *rrdcached) stop() {
	d.conn.Close()
	d.Stop(stopTime)
}

// round sends points of each series and has all of them written.
func (d *rrdcached) round(points int) (r round, err error) {
	u := usageOf(d.PID())
	for range points {
		if err := d.sendInstant(); err != nil {
			return r, err
		}
	}
	r = u.end(points * d.series)
	r.PutCPU = r.CPU
	if r.RSSBytes, err = process.RSSBytes(d.PID()); err != nil {
		return r, err
	}
	rss := r.RSSBytes
	if err := d.drain(points); err != nil {
		return r, err
	}
	put := r.PutCPU
	r = u.end(points * d.series)
	r.PutCPU, r.RSSBytes = put, rss
	return r, nil
}

func (d *rrdcached) sendInstant() error {
	d.n++
	at := d.clock.at(d.n) / 1000
	for from := 0; from < d.series; from += batchSize {
		d.buf = append(d.buf[:0], "BATCH\n"...)
		for i := from; i < min(from+batchSize, d.series); i++ {
			d.buf = append(d.buf, "UPDATE "...)
			d.buf = append(d.buf, fileOf(i)...)
			d.buf = append(d.buf, ' ')
			d.buf = strconv.AppendInt(d.buf, at, 10)
			d.buf = append(d.buf, ':')
			d.buf = strconv.AppendFloat(d.buf, valueOf(i, d.n), 'f', -1, 64)
			d.buf = append(d.buf, '\n')
		}
		d.buf = append(d.buf, ".\n"...)
		if err := d.batch(); err != nil {
			return err
		}
	}
	return nil
}

// batch sends what is in buf; it is answered at its begin and at its end.
func (d *rrdcached) batch() error {
	if err := d.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	if _, err := d.conn.Write(d.buf); err != nil {
		return err
	}
	for _, want := range []string{"0 Go ahead", "0 errors"} {
		l, err := d.in.ReadString('\n')
		if err != nil {
			return err
		}
		if !strings.HasPrefix(l, want) {
			return fmt.Errorf("rrdcached said %q to a batch", l)
		}
	}
	return nil
}

// drain has all files updated and waits until they are.
func (d *rrdcached) drain(points int) error {
	if _, err := d.command("FLUSHALL"); err != nil {
		return err
	}
	want := d.written + d.series*points
	for begin := time.Now(); time.Since(begin) < 5*time.Minute; time.Sleep(20 * time.Millisecond) {
		stats, err := d.command("STATS")
		if err != nil {
			return err
		}
		if stats["DataSetsWritten"] >= want && stats["QueueLength"] == 0 {
			d.written = stats["DataSetsWritten"]
			return nil
		}
	}
	return fmt.Errorf("rrdcached did not write %d points in 5 minutes", d.series*points)
}

// command returns the numbers of an answer of several lines, by name.
func (d *rrdcached) command(c string) (map[string]int, error) {
	if err := d.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintln(d.conn, c); err != nil {
		return nil, err
	}
	head, err := d.in.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	count, _, _ := bytes.Cut(head, []byte(" "))
	n, err := strconv.Atoi(string(count))
	if err != nil || n < 0 {
		return nil, fmt.Errorf("rrdcached said %q to %s", head, c)
	}
	found := map[string]int{}
	for range n {
		l, err := d.in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		name, value, _ := strings.Cut(strings.TrimSpace(l), ": ")
		found[name], _ = strconv.Atoi(value) // what is no number counts nothing
	}
	return found, nil
}
