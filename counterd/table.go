package counterd

import (
	"context"
	"time"
)

// Table is the account and the busiest series of one second.
type Table struct {
	At time.Time `json:"at"`
	// Lines to Series are as in Stats; Bad and Dropped in all.
	Lines       uint64 `json:"lines"`
	Bad         uint64 `json:"bad"`
	Dropped     uint64 `json:"dropped"`
	KernelDrops uint64 `json:"kernel_drops"`
	Series      int    `json:"series"`
	// Rate is that of all series together.
	Rate float64 `json:"rate"`
	Top  []Busy  `json:"top"`
}

// Table waits for the end of a second and returns its n busiest series.
func (s *Server) Table(ctx context.Context, n int) (Table, error) {
	all, err := s.Top(ctx, s.config.MaxSeries+maxReserve)
	if err != nil {
		return Table{}, err
	}
	st := s.Stats()
	t := Table{
		At: s.bad.now(), Lines: st.Lines, Bad: st.Lines - st.Parsed, KernelDrops: st.KernelDrops, Series: st.Series,
		Top: all[:min(n, len(all))],
	}
	for _, n := range st.Dropped {
		t.Dropped += n
	}
	for _, b := range all {
		t.Rate += b.Rate
	}
	return t, nil
}

// Account is Counters without the names, of which there may be very many.
func (s *Server) Account() Counters {
	return Counters{Address: s.Addr().String(), Stats: s.Stats()}
}
