package ganglia

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/collector/ganglia/xdr"
)

// options are a metric with the options that tell gmetric of it.
var options = []struct {
	metric Gmetric
	args   []string
}{
	{
		Gmetric{Name: "disk-util", Value: "42", Type: "uint16", Units: "%", TMAX: 60},
		[]string{"-n", "disk-util", "-v", "42", "-t", "uint16", "-u", "%"},
	},
	{
		Gmetric{Name: "hits", Value: "17", Type: "uint32", Slope: "positive", TMAX: 30, DMAX: 600, Group: "web,cache", Cluster: "farm", Title: "Hits & misses", Desc: "a <desc>"},
		[]string{"-n", "hits", "-v", "17", "-t", "uint32", "-s", "positive", "-x", "30", "-d", "600", "-g", "web,cache", "-C", "farm", "-T", "Hits & misses", "-D", "a <desc>"},
	},
	{
		Gmetric{Name: "temp", Value: "-3.5", Type: "double", Slope: "derivative", TMAX: 60, Spoof: "10.1.2.3:sensor1", Group: "a", Title: "t", Cluster: "c"},
		[]string{"-n", "temp", "-v", "-3.5", "-t", "double", "-s", "derivative", "-S", "10.1.2.3:sensor1", "-g", "a", "-T", "t", "-C", "c"},
	},
	{Gmetric{Spoof: "10.1.2.3:sensor1", Heartbeat: true}, []string{"-H", "-S", "10.1.2.3:sensor1"}},
}

// What we send is gmetric's own, byte by byte.
func TestPacketsAreGmetricsOwn(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, o := range options {
		if err := o.metric.Validate(); err != nil {
			t.Error(err)
		}
		want, err := o.metric.Packets(host)
		if err != nil {
			t.Fatal(err)
		}
		gmetric(t, c.LocalAddr(), o.args...)
		for i, ours := range want {
			buf := make([]byte, 2000)
			_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
			n, _, err := c.ReadFrom(buf)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(hex.Dump(buf[:n]), hex.Dump(ours)); d != "" {
				p, _ := xdr.Parse(buf[:n])
				t.Errorf("%v, datagram %d: theirs is %+v: %s", o.args, i, p, d)
			}
		}
	}
}

// A real gmond takes them, and tells of them.
func TestGmondTakesOurPackets(t *testing.T) {
	port, _ := gmond(t, "127.0.0.1:9")
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	c, err := net.Dial("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	to, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "gmond tells of them", func() error {
		for _, o := range options {
			packets, err := o.metric.Packets("vm")
			if err != nil {
				return err
			}
			for _, p := range packets {
				_, _ = c.Write(p) // gmond may not listen yet
			}
		}
		conn, err := net.Dial("tcp", to.String())
		if err != nil {
			return err
		}
		_ = conn.Close()
		xml := ask(t, to, "")
		for _, want := range []string{
			`NAME="disk-util" VAL="42" TYPE="uint16" UNITS="%"`, `NAME="hits" VAL="17" TYPE="uint32"`, `SLOPE="positive"`,
			`HOST NAME="sensor1" IP="10.1.2.3"`, `NAME="temp" VAL="-3.5"`, `SLOPE="derivative"`, `NAME="GROUP" VAL="cache"`,
		} {
			if !strings.Contains(xml, want) {
				return fmt.Errorf("no %s in %s", want, xml)
			}
		}
		return nil
	})
}

// Datagrams and samples make one series.
func TestSampleIsOfTheSameSeries(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	for _, o := range options[:3] {
		m := o.metric
		s, err := m.Sample("web1", at)
		if err != nil {
			t.Fatal(err)
		}
		b := newBench(nil)
		packets, err := m.Packets("web1")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, data := range packets {
			p, err := xdr.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, b.take(web, &p)...)
		}
		wants(t, got, fmt.Sprintf("%s %s %v @0", s.Labels, s.Kind, s.Value))
	}
	for _, m := range []Gmetric{{Name: "a", Type: "string", Value: "x"}, {Heartbeat: true, Spoof: "1:a"}} {
		if s, err := m.Sample("web1", at); err == nil {
			t.Errorf("%+v", s)
		}
	}
}

func TestGmetricSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ kind, value, want string }{
		{"uint8", "300", `value "300" is not in 0..255, the range of uint8`},
		{"uint8", "-1", `value "-1" is not in 0..255, the range of uint8`},
		{"int8", "128", `value "128" is not in -128..127, the range of int8`},
		{"int16", "1.5", `value "1.5" is not a whole number in -32768..32767, the range of int16`},
		{"uint16", "abc", `value "abc" is not a whole number in digits, which uint16 wants`},
		{"uint32", "4294967296", `value "4294967296" is not in 0..4294967295, the range of uint32`},
		{"int32", "99999999999999999999", `value "99999999999999999999" is not a whole number`},
		{"float", "1e39", `value "1e39" is not in the range of float`},
		{"double", "1e999", `value "1e999" is not in the range of double`},
		{"double", "nan", `value "nan" is not in the range of double`},
		{"float", "", `value "" is not a number, which float wants`},
		{"timestamp", "1", `type "timestamp" is not string, int8`},
		{"", "1", `type "" is not string, int8`},
	} {
		err := Gmetric{Name: "m", Type: c.kind, Value: c.value}.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	for kind, value := range map[string]string{"uint8": "255", "int8": "-128", "uint32": "4294967295", "int32": "-2147483648", "float": "3.4e38", "double": "-1e300", "string": "any thing"} {
		if err := (Gmetric{Name: "m", Type: kind, Value: value}).Validate(); err != nil {
			t.Error(err)
		}
	}
	err := Gmetric{Name: "a/b", Type: "float", Value: "1", Slope: "up", Spoof: "/", TMAX: 1 << 40}.Validate()
	for _, want := range []string{`name "a/b"`, `slope "up"`, `spoof "/"`, "tmax 1099511627776"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in %v", want, err)
		}
	}
	if _, err := (Gmetric{Name: "m", Value: strings.Repeat("x", 1500)}).Packets("h"); err == nil {
		t.Error("a value that fits no datagram is sent")
	}
	for _, m := range []Gmetric{{Name: "up", Type: "float", Value: "1"}, {Heartbeat: true}} {
		if m.Validate() == nil {
			t.Errorf("%+v is taken", m)
		}
	}
}
