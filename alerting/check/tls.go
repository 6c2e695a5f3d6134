package check

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"plimsoll/internal/metric"
)

// TLS says how a connection is secured and how the certificate is judged.
type TLS struct {
	// ServerName is asked for (SNI), and is what the certificate must be for;
	// empty: the host.
	ServerName string `yaml:"server_name"`
	// CAFile has the authorities that are believed; empty: the system's.
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile are shown to a peer that wants to know who asks.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// SkipVerify believes every certificate; its end is judged all the same.
	SkipVerify bool `yaml:"skip_verify"`
	// WarnDays and CriticalDays are how many days before its end a certificate
	// is a warning, and critical; negative: never.
	WarnDays     int `yaml:"warn_days"`
	CriticalDays int `yaml:"critical_days"`
}

func (t *TLS) setDefaults() {
	setDefault(&t.WarnDays, 14)
	setDefault(&t.CriticalDays, 3)
}

func (t *TLS) validate(bad complaint) {
	if t.WarnDays >= 0 && t.WarnDays < t.CriticalDays {
		bad("warn_days", "%d is less than %d, which is critical", t.WarnDays, t.CriticalDays)
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		bad("cert_file", "needs key_file, and key_file needs it")
	} else if _, err := t.config("", nil); err != nil {
		bad("ca_file", "%v", err)
	}
}

// config makes the configuration of a connection to a host. It reads the files
// anew, so that they may change.
func (t *TLS) config(host string, clock func() time.Time) (*tls.Config, error) {
	c := &tls.Config{
		MinVersion: tls.VersionTLS10, // an old server is no server that is down
		ServerName: host, InsecureSkipVerify: t.SkipVerify, Time: clock,
	}
	if t.ServerName != "" {
		c.ServerName = t.ServerName
	}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read authorities: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read authorities: %s holds no certificate", t.CAFile)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// judge measures until when the certificates of a connection hold, and judges it.
func (t *TLS) judge(f *findings, s *tls.ConnectionState, now time.Time) {
	if len(s.PeerCertificates) == 0 {
		return
	}
	f.ends(s.PeerCertificates)
	leaf, end := s.PeerCertificates[0], trusted(s)
	f.measured("probe_ssl_last_chain_expiry_timestamp_seconds", float64(end.Unix()))
	days := int(end.Sub(now).Hours() / 24)
	says := fmt.Sprintf("the certificate of %s ends in %d days, on %s", nameOf(leaf), days, day(end))
	switch left := end.Sub(now); {
	case left < 0 && t.CriticalDays >= 0:
		f.critical("the certificate of %s ended on %s", nameOf(leaf), day(end))
	case t.CriticalDays >= 0 && left < time.Duration(t.CriticalDays)*24*time.Hour:
		f.critical("%s", says)
	case t.WarnDays >= 0 && left < time.Duration(t.WarnDays)*24*time.Hour:
		f.add(metric.Warning, "%s", says)
	}
}

// ends measures when the first of the certificates that were sent ends.
func (f *findings) ends(sent []*x509.Certificate) {
	f.measured("probe_ssl_earliest_cert_expiry", float64(earliest(sent).Unix()))
}

// endsOf does so for the certificates of a handshake that failed.
func (f *findings) endsOf(err error) {
	var refused *tls.CertificateVerificationError
	if errors.As(err, &refused) && len(refused.UnverifiedCertificates) > 0 {
		f.ends(refused.UnverifiedCertificates)
	}
}

func earliest(certs []*x509.Certificate) time.Time {
	end := certs[0].NotAfter
	for _, c := range certs {
		if c.NotAfter.Before(end) {
			end = c.NotAfter
		}
	}
	return end
}

// trusted is when the chain that holds longest ends: servers also send
// certificates that nobody needs any more. Without verification it is the
// earliest of what was sent.
func trusted(s *tls.ConnectionState) time.Time {
	var end time.Time
	for _, chain := range s.VerifiedChains {
		if e := earliest(chain); e.After(end) {
			end = e
		}
	}
	if end.IsZero() {
		return earliest(s.PeerCertificates)
	}
	return end
}
