//go:build cluster

package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

// cluster is VictoriaMetrics with two storage nodes, each of which keeps all.
// PLIMSOLL_CLUSTER says where its programs are; `make test-cluster` builds them.
type cluster struct {
	*testing.T
	nodes   [2]node
	insert  *process
	inserts string // address
	selects string
}

type node struct {
	*process
	http, insert, selects, data string
}

func (c *cluster) program(name string) string {
	return filepath.Join(os.Getenv("PLIMSOLL_CLUSTER"), name)
}

func launchCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{T: t, inserts: free(t), selects: free(t)}
	for i := range c.nodes {
		c.nodes[i] = node{http: free(t), insert: free(t), selects: free(t), data: t.TempDir()}
		c.launchNode(i)
	}
	c.launchInsert()
	launch(t, "http://"+c.selects+"/health", c.program("vmselect"), "-httpListenAddr="+c.selects,
		"-storageNode="+c.nodes[0].selects, "-storageNode="+c.nodes[1].selects,
		"-replicationFactor=2", "-dedup.minScrapeInterval=1ms", "-cacheDataPath="+t.TempDir())
	return c
}

func (c *cluster) launchNode(i int) {
	n := &c.nodes[i]
	n.process = launch(c.T, "http://"+n.http+"/health", c.program("vmstorage"), "-httpListenAddr="+n.http,
		"-vminsertAddr="+n.insert, "-vmselectAddr="+n.selects, "-storageDataPath="+n.data,
		"-retentionPeriod=1y", "-dedup.minScrapeInterval=1ms")
}

func (c *cluster) launchInsert() {
	c.insert = launch(c.T, "http://"+c.inserts+"/health", c.program("vminsert"), "-httpListenAddr="+c.inserts,
		"-storageNode="+c.nodes[0].insert, "-storageNode="+c.nodes[1].insert, "-replicationFactor=2")
}

// Samples flow; a storage node is killed, and comes back; then nobody takes
// samples for a while. Nothing is lost, and every question is answered as by archives.
func TestClusterThatLosesNodes(t *testing.T) {
	cl := launchCluster(t)
	c := Default()
	c.Dir, c.Flavour = t.TempDir(), VictoriaMetrics
	c.Write = "http://" + cl.inserts + "/insert/0/prometheus/api/v1/write"
	c.Read = "http://" + cl.selects + "/select/0/prometheus"
	two := fill(t, c, func(two *twoStores, i int) {
		switch i {
		case 30:
			two.sink.flush()
			cl.nodes[1].kill()
		case 50:
			two.sink.flush() // one node is enough
			two.complete(t, i)
			cl.launchNode(1)
		case 60:
			two.sink.flush()
			cl.insert.kill() // with what it has not passed on
		case 90:
			// What was answered of late waits again, but is not counted twice.
			if st := two.sink.Stats(); st.WaitingSamples != 30*6 {
				t.Errorf("with nobody to take them %d samples wait, want %d", st.WaitingSamples, 30*6)
			}
			cl.launchInsert()
		case 100, 105, 110:
			two.sink.flush()
			cl.insert.kill()
			cl.launchInsert()
		}
	})
	two.agree(t) // what the cluster does not have yet is added
	two.agreeOnNames(t)
	two.sink.flush()
	if st := two.sink.Stats(); st.EngineRefused != 0 {
		t.Errorf("%+v", st)
	}
	two.complete(t, fillSteps)
	two.agree(t)
	two.agreeOnNames(t)
	pushed := PushDown{Querier: two.remote, Reader: two.reader}
	q := metric.Query{Expr: "node_load1", Start: two.begin.Add(time.Minute), End: two.end, Step: 10 * time.Second}
	want, err := two.remote.Query(t.Context(), q)
	got, pushErr := pushed.Query(t.Context(), q)
	if diff := cmp.Diff(want, got, likewise()); diff != "" || err != nil || pushErr != nil {
		t.Errorf("pushed down: %v %v\n%s", err, pushErr, diff)
	}
}

// complete waits until all of the first steps can be read of the engine itself:
// the cluster shows what it took a little later.
func (two *twoStores) complete(t *testing.T, steps int) {
	t.Helper()
	const each = 5 + 11 // series, a timing is eleven
	want := steps*each + 3
	if steps > fillSteps/2 {
		want++ // zeros of the counter, twice, and of the totals of the timing
	}
	alone, err := NewReader(two.config, nil)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		q, err := alone.Querier(two.begin.Add(-time.Minute).UnixMilli(), two.end.UnixMilli())
		if err != nil {
			return err
		}
		n := 0
		set := q.Select(ctx, false, nil)
		for set.Next() {
			for it := set.At().Iterator(nil); it.Next() != 0; {
				n++
			}
		}
		if n != want {
			return errors.Join(fmt.Errorf("%d of %d points can be read", n, want), set.Err())
		}
		return set.Err()
	})
}

// eventually calls f until it returns nil.
func eventually(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var err error
	for ctx.Err() == nil {
		if err = f(ctx); err == nil {
			return
		}
		pause(ctx, 50*time.Millisecond)
	}
	t.Fatal(err)
}
