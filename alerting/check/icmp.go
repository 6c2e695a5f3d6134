package check

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"time"
)

// ICMP asks a host for echoes.
type ICMP struct {
	Host      string `yaml:"host"`
	IPVersion Family `yaml:"ip_version"`
	// Packets are sent, one each Gap, of Bytes of payload.
	Packets int           `yaml:"packets"`
	Gap     time.Duration `yaml:"gap"`
	Bytes   int           `yaml:"bytes"`
	// Loss is the share of them that did not come back, percent; RTT the mean of
	// how long the others took.
	Loss    Limits[float64]       `yaml:"loss"`
	RTT     Limits[time.Duration] `yaml:"rtt"`
	Timeout time.Duration         `yaml:"timeout"`
}

func (*ICMP) key() string { return "icmp" }

func (i *ICMP) setDefaults() {
	setDefault(&i.Packets, 5)
	setDefault(&i.Gap, 200*time.Millisecond)
	setDefault(&i.Bytes, 56)
	setDefault(&i.Loss.Critical, 100)
	setDefault(&i.Loss.Warn, min(50, i.Loss.Critical))
	setDefault(&i.Timeout, 5*time.Second)
}

func (i *ICMP) about() about { return about{i.Host, i.Timeout} }

func (i *ICMP) validate(bad complaint) {
	if i.Host == "" {
		bad("host", "is missing")
	}
	i.IPVersion.validate(bad)
	if i.Packets < 1 || i.Packets > 100 {
		bad("packets", "%d is not between 1 and 100", i.Packets)
	}
	if i.Gap < 10*time.Millisecond {
		bad("gap", "%v is less than 10ms", i.Gap)
	}
	if sending := time.Duration(i.Packets-1) * i.Gap; sending >= i.Timeout {
		bad("timeout", "%v is over before %d packets are sent, which takes %v", i.Timeout, i.Packets, sending)
	}
	if i.Bytes < tokenBytes || i.Bytes > 1400 {
		bad("bytes", "%d is not between %d and 1400", i.Bytes, tokenBytes)
	}
	i.Loss.validate(bad.under("loss"))
	if i.Loss.Critical > 100 {
		bad("loss.critical", "%v is more than 100 percent", i.Loss.Critical)
	}
	i.RTT.validate(bad.under("rtt"))
}

func (i *ICMP) prober(m Means) prober {
	return func(ctx context.Context) Result { return i.probe(ctx, m, openEcho) }
}

// opener opens a socket for echoes of one version of IP.
type opener func(v6 bool) (*echoSocket, error)

func (i *ICMP) probe(ctx context.Context, m Means, open opener) Result {
	var f findings
	began := m.Clock()
	to, err := i.resolve(ctx)
	if err != nil {
		f.critical("%s", explain(err, i.Timeout))
		return f.result()
	}
	f.measured("probe_dns_lookup_time_seconds", m.Clock().Sub(began).Seconds())
	socket, err := open(to.To4() == nil)
	if err != nil {
		f.unknown(err)
		return f.result()
	}
	defer socket.close()
	e := &echoes{socket: socket, to: to, clock: m.Clock, bytes: i.Bytes}
	if _, err := rand.Read(e.token[:]); err != nil {
		f.unknown(err)
		return f.result()
	}
	if err := e.exchange(ctx, i.Packets, i.Gap); err != nil {
		f.critical("sending to %s: %s", to, explain(err, i.Timeout))
	}
	i.judge(&f, e)
	return f.result()
}

// resolve returns an address of the host, of the version that is asked for.
func (i *ICMP) resolve(ctx context.Context) (net.IP, error) {
	ips, err := net.DefaultResolver.LookupIP(ctx, i.IPVersion.of("ip"), i.Host)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		if ip.To4() != nil {
			return ip, nil
		}
	}
	return ips[0], nil
}

func (i *ICMP) judge(f *findings, e *echoes) {
	sent, back := len(e.sent), len(e.took)
	loss := 100.0
	if sent > 0 {
		loss = 100 * float64(sent-back) / float64(sent)
	}
	f.measured("probe_icmp_packet_loss_ratio", loss/100)
	f.head = fmt.Sprintf("%s: %d of %d echoes", e.to, back, sent)
	if back > 0 {
		var sum, most time.Duration
		for _, took := range e.took {
			sum, most = sum+took, max(most, took)
		}
		mean := sum / time.Duration(back)
		f.measured("probe_icmp_duration_seconds", mean.Seconds(), "phase", "rtt")
		shown := mean.Round(time.Microsecond)
		f.head += fmt.Sprintf(", %v on average, %v at most", shown, most.Round(time.Microsecond))
		i.RTT.judge(f, mean, fmt.Sprintf("%v on average", shown))
	}
	i.Loss.judge(f, loss, fmt.Sprintf("%.3g %% lost", loss))
}
