package counterd

import (
	"context"
	"fmt"
	"time"

	"plimsoll/counterd/admin"
)

// desk is what the admin words see of the daemon.
type desk struct {
	server *Server
	now    func() time.Time
}

// Admin returns the daemon as admin.New wants it.
func (s *Server) Admin(now func() time.Time) admin.Daemon { return desk{s, now} }

// Settings lists what people ask for first; the rest is in the file.
func (d desk) Settings() []admin.Setting {
	c := d.server.config
	var out []admin.Setting
	add := func(key string, value any) { out = append(out, admin.Setting{Key: key, Value: fmt.Sprint(value)}) }
	for _, l := range d.server.listeners {
		add("listen > address", l)
	}
	add("flushInterval", c.Flush.Milliseconds()) // etsy's own key
	add("live", c.Live)
	add("idle_expiry", c.IdleExpiry)
	add("max_series", c.MaxSeries)
	add("max_series_per_source", c.MaxSeriesPerSource)
	add("max_series_per_prefix", c.MaxSeriesPerPrefix)
	add("max_name_bytes", c.MaxNameBytes)
	add("max_tag_bytes", c.MaxTagBytes)
	add("mapping_file", c.MappingFile)
	return out
}

// Stats has etsy's figures under their names, and our account.
func (d desk) Stats() []admin.Figure {
	st := d.server.Stats()
	bad, dropped := uint64(0), uint64(0)
	for _, n := range st.Bad {
		bad += n
	}
	for _, n := range st.Dropped {
		dropped += n
	}
	out := []admin.Figure{
		{Group: "messages", Name: "last_msg_seen", Value: d.since(d.server.ticker.loss.heard.Load())},
		{Group: "messages", Name: "bad_lines_seen", Value: float64(bad)},
		{Group: "messages", Name: "lines", Value: float64(st.Lines)},
		{Group: "messages", Name: "parsed", Value: float64(st.Parsed)},
		{Group: "messages", Name: "datagrams", Value: float64(st.Received)},
		{Group: "messages", Name: "kernel_drops", Value: float64(st.KernelDrops)},
		{Group: "series", Name: "alive", Value: float64(st.Series)},
		{Group: "store", Name: "delivered", Value: float64(st.Delivered)},
		{Group: "store", Name: "refused", Value: float64(st.Refused)},
		{Group: "store", Name: "dropped", Value: float64(dropped)},
		{Group: "store", Name: "waiting", Value: float64(st.Waiting)},
	}
	if o := d.server.outbox; o != nil {
		out = append(out, admin.Figure{Group: "store", Name: "last_flush", Value: d.since(o.deliveredUpTo().at)})
	}
	return out
}

// since is the whole seconds from an instant until now, as etsy prints what is
// called last_…; of what never was, since 1970, as there.
func (d desk) since(at int64) float64 {
	return float64(max(0, d.now().UnixMilli()-at) / 1000)
}

func (d desk) Snapshot(ctx context.Context, k admin.Kind) ([]admin.Series, error) {
	return d.server.snapshotOf(ctx, k)
}

func (d desk) Delete(ctx context.Context, k admin.Kind, pattern string) (gone, busy []string, err error) {
	return d.server.deleteAll(ctx, k, pattern)
}
