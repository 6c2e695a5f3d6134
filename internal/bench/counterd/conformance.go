package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"plimsoll/counterd/line/conformance"
)

// conformanceTable says what each line must come to.
const conformanceTable = "counterd/line/testdata/conformance.tsv"

// judge is a daemon that is asked what it makes of each line.
type judge struct {
	name string
	get  func() (starter, error)
	// read returns what the daemon made of the rows; the lines were sent a while ago.
	read func(c *child) (map[int]numbers, error)
}

// conformance sends every line of the table to others' daemons, each with a name
// of its own, and prints where they come to other numbers than we do.
func (b *bench) conformance(ctx context.Context) {
	fmt.Printf("\n## conformance: where others count other numbers than we do\n\n")
	cases, err := conformance.Load(conformanceTable)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows := comparable(cases)
	answers := map[string]map[int]numbers{}
	var asked []string
	for _, j := range judges() {
		found, err := j.ask(ctx, rows)
		if err != nil {
			fmt.Printf("%s: not to be had here: %v\n\n", j.name, err)
			continue
		}
		asked = append(asked, j.name)
		answers[j.name] = found
	}
	printDifferences(rows, asked, answers)
	fmt.Printf("\nNot compared: %d lines, events, service checks and those without a name. Times are in seconds.\n", len(cases)-len(rows))
}

// row is a line that can be told from others by a prefix of its name.
type row struct {
	number int
	line   []byte
	want   numbers
}

func comparable(cases []conformance.Case) []row {
	var rows []row
	for _, c := range cases {
		if strings.ContainsRune(":|_", rune(c.Line[0])) {
			continue
		}
		rows = append(rows, row{c.Row, c.Line, wanted(c.Want)})
	}
	return rows
}

// mostHarmful bounds the lines that may break a daemon before we give up on it.
const mostHarmful = 8

// ask sends the rows and reads what came of them. A line that breaks the daemon
// is found, noted, and left out.
func (j judge) ask(ctx context.Context, rows []row) (map[int]numbers, error) {
	start, err := j.get()
	if err != nil {
		return nil, err
	}
	harmful := map[int]numbers{}
	for len(harmful) <= mostHarmful {
		found, harm, err := j.try(ctx, start, rows, 3*time.Second) // two flushes and more
		if err != nil {
			return nil, err
		}
		if harm == "" {
			maps.Copy(found, harmful)
			return found, nil
		}
		// The first so many rows do it, and one less do not.
		n := sort.Search(len(rows), func(n int) bool {
			_, harm, err := j.try(ctx, start, rows[:n], 400*time.Millisecond)
			return err == nil && harm != ""
		})
		if n == 0 {
			return nil, errors.New("it fails without a line")
		}
		harmful[rows[n-1].number] = numbers{harm: 1}
		rows = slices.Delete(slices.Clone(rows), n-1, n)
	}
	return nil, fmt.Errorf("it was broken %d times", len(harmful))
}

// What a line may do to a daemon.
const (
	endsIt     = "**it ends**"
	silencesIt = "**it cannot be read from then on**"
)

// try starts the daemon and sends it the rows.
func (j judge) try(ctx context.Context, start starter, rows []row, wait time.Duration) (found map[int]numbers, harm string, err error) {
	c, done, err := begin(daemon{start: start})
	if err != nil {
		return nil, "", err
	}
	defer done()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", address(c.port))
	if err != nil {
		return nil, "", err
	}
	defer conn.Close()
	for _, r := range rows {
		if _, err := fmt.Fprintf(conn, "row%d.%s", r.number, r.line); err != nil {
			break // nobody is there any more
		}
		time.Sleep(time.Millisecond) // the slowest has the smallest buffer
	}
	time.Sleep(wait)
	if !c.Alive() {
		return nil, endsIt, nil
	}
	if found, err = j.read(c); err != nil {
		return nil, silencesIt, nil
	}
	return found, "", nil
}

func judges() []judge {
	graphite := &graphiteServer{}
	return []judge{
		{"statsd", graphite.statsd, graphite.read},
		{"gostatsd", graphite.gostatsd, graphite.read},
		{"statsd_exporter", startExporter, readExporter},
	}
}

// graphiteServer takes what a daemon sends each second.
type graphiteServer struct{ lines chan string }

// listen begins anew, for one more daemon.
func (g *graphiteServer) listen() (port int, err error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	g.lines = make(chan string, 1<<16)
	go acceptAll(l, g.lines) // ends with the process
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (g *graphiteServer) read(*child) (map[int]numbers, error) {
	found := map[int]numbers{}
	for {
		select {
		case l := <-g.lines:
			addGraphite(found, l)
		default:
			return found, nil
		}
	}
}

func (g *graphiteServer) statsd() (starter, error) {
	root, err := npmPeer("statsd", "0.9.0")
	if err != nil {
		return nil, err
	}
	return func(dir string, port int) (*child, error) {
		graphite, err := g.listen()
		if err != nil {
			return nil, err
		}
		return launchStatsd(root, dir, port, fmt.Sprintf(`backends: ["./backends/graphite"], graphiteHost: "127.0.0.1", graphitePort: %d,
			graphite: {legacyNamespace: false}, flushInterval: 1000, deleteIdleStats: true`, graphite))
	}, nil
}

func (g *graphiteServer) gostatsd() (starter, error) {
	binary, err := buildGostatsd()
	if err != nil {
		return nil, err
	}
	return func(dir string, port int) (*child, error) {
		graphite, err := g.listen()
		if err != nil {
			return nil, err
		}
		config := filepath.Join(dir, "gostatsd.toml")
		text := fmt.Sprintf("[graphite]\naddress = %q\nlegacy_namespace = false\n", address(graphite))
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			return nil, err
		}
		return launch(exec.Command(binary, "--metrics-addr", address(port), "--backends", "graphite", "--flush-interval", "1s",
			"--statser-type", "null", "--config-path", config), dir, port)
	}, nil
}
