package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"plimsoll/counterd"
	"plimsoll/counterd/listen"
	"plimsoll/internal/metric"
)

// counts is what a child says of itself.
type counts struct {
	// Lines is how many were counted; a sink counts datagrams.
	Lines uint64 `json:"lines"`
	// Datagrams, Bad and KernelDrops are ours alone.
	Datagrams   uint64 `json:"datagrams,omitempty"`
	Bad         uint64 `json:"bad,omitempty"`
	KernelDrops uint64 `json:"kernel_drops,omitempty"`
	Series      int    `json:"series,omitempty"`
	// HeapBytes is what lives after a collection; only the command "heap" asks.
	HeapBytes uint64 `json:"heap_bytes,omitempty"`
}

// discard is a Sink that takes everything, as if it were written elsewhere.
type discard struct{}

func (discard) Put(context.Context, []metric.Sample) error { return nil }

// runOurs is the counter daemon alone, as plimsoll-agent embeds it.
func runOurs(at listen.Config, flush time.Duration) error {
	c := counterd.Default()
	c.Listen = []listen.Config{at}
	if flush > 0 {
		c.Flush, c.IdleExpiry = flush, max(flush, c.IdleExpiry)
	}
	c.Sink, c.LiveSink = discard{}, discard{}
	server, err := counterd.New(c)
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() { failed <- server.Run(context.Background()) }() // ends with the process
	go func() { failed <- answer(func() counts { return oursCounts(server) }) }()
	return <-failed
}

func oursCounts(server *counterd.Server) counts {
	st := server.Stats()
	c := counts{Lines: st.Parsed, Datagrams: st.Received, KernelDrops: st.KernelDrops, Series: st.Series}
	for _, n := range st.Bad {
		c.Bad += n
	}
	return c
}

// answer says that the child is ready, then answers each line of the standard
// input until that ends: "heap" collects garbage first.
func answer(count func() counts) error {
	fmt.Println("ready")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		c := count()
		if in.Text() == "heap" {
			c.HeapBytes = liveHeap()
		}
		if err := json.NewEncoder(os.Stdout).Encode(c); err != nil {
			return err
		}
	}
	return in.Err()
}
