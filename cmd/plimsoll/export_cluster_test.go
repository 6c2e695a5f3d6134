//go:build cluster

package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExportToCluster: a VictoriaMetrics cluster takes a history of any age, and
// what it has is counted.
func TestExportToCluster(t *testing.T) {
	program := func(name string) string { return filepath.Join(os.Getenv("PLIMSOLL_CLUSTER"), name) }
	free := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}
	web, insert, selects, inserts, reads := free(), free(), free(), free(), free()
	launch(t, "http://"+web+"/health", program("vmstorage"), "-httpListenAddr="+web, "-vminsertAddr="+insert, "-vmselectAddr="+selects,
		"-storageDataPath="+t.TempDir(), "-retentionPeriod=5y", "-dedup.minScrapeInterval=1ms")
	launch(t, "http://"+inserts+"/health", program("vminsert"), "-httpListenAddr="+inserts, "-storageNode="+insert)
	launch(t, "http://"+reads+"/health", program("vmselect"), "-httpListenAddr="+reads, "-storageNode="+selects,
		"-dedup.minScrapeInterval=1ms", "-cacheDataPath="+t.TempDir())
	dir, _ := withPast(t)
	to := []string{
		"export", "-data", dir, "-flavour", "victoriametrics", "-verify",
		"-write", "http://" + inserts + "/insert/0/prometheus/api/v1/write", "-read", "http://" + reads + "/select/0/prometheus",
	}
	_, errs, code := cli(to...)
	if code != exitGood || !strings.Contains(errs, "the engine has ") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if _, errs, code := cli(to...); code != exitGood { // once more does no harm
		t.Errorf("exit %d: %s", code, errs)
	}
}
