package dashboard

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plimsoll/internal/metric"
)

func TestRender(t *testing.T) {
	var asked RenderRequest
	var fail error
	cfg := testConfig()
	cfg.Render = func(ctx context.Context, r RenderRequest) ([]byte, error) {
		if _, limited := ctx.Deadline(); !limited {
			t.Error("drawing has no deadline")
		}
		asked = r
		return []byte("picture"), fail
	}
	s := newServer(t, cfg)
	w := get(s, `/api/plimsoll/v1/render?match=up{job="a"}&fn=max&start=100&end=200&width=300&height=90&title=`+url.QueryEscape(`a:b\l`)+`&ds=p50&ds=p95&format=svg`)
	if w.Code != 200 || w.Body.String() != "picture" || w.Header().Get("Content-Type") != "image/svg+xml" || w.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	want := RenderRequest{
		Start: time.Unix(100, 0), End: time.Unix(200, 0), Width: 300, Height: 90, Title: `a:b\l`, CF: "MAX", DS: []string{"p50", "p95"}, SVG: true,
	}
	if diff := cmp.Diff(want, asked, cmpopts.IgnoreFields(RenderRequest{}, "Matchers")); diff != "" || len(asked.Matchers) != 2 {
		t.Errorf("%d matchers, %s", len(asked.Matchers), diff)
	}
	if w = get(s, `/api/plimsoll/v1/render?match=up`); w.Code != 200 || w.Header().Get("Content-Type") != "image/png" || asked.CF != "AVERAGE" || asked.End.Sub(asked.Start) != time.Hour {
		t.Errorf("%d %v %+v", w.Code, w.Header(), asked)
	}
	fail = metric.ErrBusy
	if w = get(s, `/api/plimsoll/v1/render?match=up`); w.Code != 503 {
		t.Errorf("busy: %d", w.Code)
	}
	fail = errors.Join(metric.ErrExecution)
	if w = get(s, `/api/plimsoll/v1/render?match=up`); w.Code != 422 {
		t.Errorf("not drawn: %d", w.Code)
	}
}

func TestRenderRefuses(t *testing.T) {
	cfg := testConfig()
	cfg.Render = func(context.Context, RenderRequest) ([]byte, error) {
		t.Error("drawn")
		return nil, nil
	}
	s := newServer(t, cfg)
	for query, want := range map[string]string{
		"":                               `"match`,
		"match=up&width=100000":          `"width\": 100000 is not from 32 to 2000`,
		"match=up&height=-1":             `"height`,
		"match=up&height=x":              `"height`,
		"match=up&fn=median":             `"fn\": \"median\" is none of`,
		"match=up&format=pdf":            `"format\": \"pdf\" is neither png nor svg`,
		"match=up&start=200&end=200":     `end timestamp must be after start time`,
		"match=up&start=yesterday":       `"start`,
		"match=up&title=" + longTitle():  `"title\": has 201 bytes`,
		"match=up" + manyDS():            `"ds\": 21 names`,
		"match=up&fn=AVERAGE:reduce=MAX": `"fn`,
	} {
		w := get(s, "/api/plimsoll/v1/render?"+query)
		if w.Code != 400 || !strings.Contains(w.Body.String(), strings.TrimPrefix(want, `"`)) {
			t.Errorf("%s: %d %s, want %s", query, w.Code, w.Body, want)
		}
	}
	if w := get(newServer(t, testConfig()), "/api/plimsoll/v1/render?match=up"); w.Code != 404 {
		t.Errorf("without the part: %d", w.Code)
	}
}

func longTitle() string { return strings.Repeat("x", 201) }
func manyDS() string    { return strings.Repeat("&ds=a", 21) }
