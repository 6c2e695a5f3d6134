package ganglia

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"plimsoll/collector/ganglia/cluster"
	"plimsoll/internal/metric"
)

// poller asks one data source.
type poller struct {
	g      *Ganglia
	source DataSource
	good   int // the address that answered last
}

// run polls until ctx ends.
func (p *poller) run(ctx context.Context) {
	ticker := time.NewTicker(p.source.Interval)
	defer ticker.Stop()
	for {
		p.poll(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// poll asks the address that answered last, then the others, until one answers.
func (p *poller) poll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, p.source.Interval)
	defer cancel()
	var errs []error
	for i := range p.source.Addresses {
		at := i
		switch {
		case i == 0:
			at = p.good
		case i <= p.good:
			at = i - 1
		}
		result, err := p.ask(ctx, p.source.Addresses[at])
		if err == nil {
			p.good = at
			p.g.stats.polled(result)
			p.g.table.setSilent(p.source.Name, false)
			p.g.metrics.polls.WithLabelValues(p.source.Name, "ok").Inc()
			return
		}
		errs = append(errs, err)
	}
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return // the end of the service is no failure of the source
	}
	p.g.table.setSilent(p.source.Name, true)
	p.g.stats.polled(Poll{Name: p.source.Name, LastError: errors.Join(errs...).Error(), ErrorAt: p.g.config.Now()})
	p.g.metrics.polls.WithLabelValues(p.source.Name, "failed").Inc()
}

// ask reads all that one address knows.
func (p *poller) ask(ctx context.Context, addr string) (Poll, error) {
	ctx, cancel := context.WithTimeout(ctx, p.source.Timeout)
	defer cancel()
	data, err := fetch(ctx, addr, p.g.config.MaxDocumentBytes)
	if err != nil {
		return Poll{}, fmt.Errorf("poll %s: %w", addr, err)
	}
	now := p.g.config.Now()
	var samples []metric.Sample
	r, err := cluster.Parse(data, func(head cluster.Head, h cluster.Host) {
		samples = append(samples, p.g.table.report(p.source.Name, head, &h, now)...)
	})
	if err == nil && r.Hosts == 0 && r.Cut {
		err = errors.New("the document ends before its first host")
	}
	if err != nil {
		return Poll{}, fmt.Errorf("poll %s: %w", addr, err)
	}
	p.g.outbox.Add(sourceName(p.source.Name), samples...)
	if r.Bad > 0 {
		p.g.stats.refuse(reasonMalformed, p.source.Name, r.FirstBad)
	}
	return Poll{
		Name: p.source.Name, Address: addr, Up: true, LastOK: now, Hosts: r.Hosts, Metrics: r.Metrics,
		BadTags: r.Bad, FirstBad: r.FirstBad, CutOff: r.Cut,
	}, nil
}

// fetch reads a document until its end, at most so many bytes of it, unpacked. Of
// one that is cut off by its sender what came is returned.
func fetch(ctx context.Context, addr string, most int) ([]byte, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	in, err := unpacked(conn)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	if len(data) > most {
		return nil, fmt.Errorf("has more than %d bytes", most)
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() || ctx.Err() != nil {
		return nil, err
	}
	return data, nil
}

// unpacked reads plain text, and what gmond has packed (gzip_output).
func unpacked(conn io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(conn, 64<<10)
	magic, err := in.Peek(2)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("closed the connection without a word (does its ACL let us in?)")
		}
		return nil, err
	}
	if magic[0] == 0x1f && magic[1] == 0x8b {
		return gzip.NewReader(in)
	}
	return in, nil
}
