package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
)

// perRequest is how many samples one request of remote write has.
const perRequest = 5000

// feed sends every series to all servers at each interval, until ctx ends.
func feed(ctx context.Context, o options, servers []server) error {
	names := make([]labels.Labels, o.series)
	for i := range names {
		names[i] = labels.FromStrings(metric.NameLabel, "bench", "instance", "host"+strconv.Itoa(i/o.rules), "rule", strconv.Itoa(i%o.rules))
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for round := 0; ; round++ {
		if err := send(ctx, names, time.Now().Truncate(time.Second), round, servers); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func send(ctx context.Context, names []labels.Labels, at time.Time, round int, servers []server) error {
	for begin := 0; begin < len(names); begin += perRequest {
		part := names[begin:min(begin+perRequest, len(names))]
		batch := make([]metric.Sample, len(part))
		for i, l := range part {
			batch[i] = metric.Sample{Labels: l, Kind: metric.Gauge, At: at.UnixMilli(), Value: valueOf(begin+i, round)}
		}
		m := snappy.Encode(nil, remotewrite.EncodeV1(batch))
		for _, s := range servers {
			if err := post(ctx, s.url+"/api/v1/write", m); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}

// valueOf is above 90 for one series of each hundred.
func valueOf(series, round int) float64 {
	if series%100 == 0 {
		return 95
	}
	return float64((series*7 + round*13) % 90)
}

func post(ctx context.Context, to string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 500))
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %s", resp.Status, said)
	}
	return err
}
