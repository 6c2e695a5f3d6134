package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// maxSummary bounds a summary, in characters: peers write part of it.
const maxSummary = 300

func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if runes := []rune(s); len(runes) > maxSummary {
		return string(runes[:maxSummary]) + "…"
	}
	return s
}

// explain says what an error of the network means, in words an operator uses.
func explain(err error, timeout time.Duration) string {
	var dns *net.DNSError
	var timed net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timed) && timed.Timeout():
		return "no answer within " + timeout.String()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the peer closed the connection"
	case errors.As(err, &dns):
		return "cannot resolve " + dns.Name + ": " + dns.Err
	}
	if why := explainTLS(err); why != "" {
		return why
	}
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		return failed.Err.Error() // the URL is known, and may hold a secret
	}
	return err.Error()
}

// explainTLS says why a certificate is not accepted; "" if it is another error.
func explainTLS(err error) string {
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate of " + nameOf(invalid.Cert) + " is valid from " + day(invalid.Cert.NotBefore) + " to " + day(invalid.Cert.NotAfter)
	case errors.As(err, &host):
		return "the certificate is not for " + host.Host + ", but for " + strings.Join(hosts(host.Certificate), ", ")
	case errors.As(err, &unknown):
		return "the certificate is of an authority that is not known"
	case errors.As(err, &plain):
		return "the peer does not speak TLS"
	}
	return ""
}

// hosts are the names that a certificate is for, the first few.
func hosts(c *x509.Certificate) []string {
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return []string{"nobody"}
	}
	return names[:min(len(names), 3)]
}

func nameOf(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return hosts(c)[0]
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// hide takes secrets out of what a peer said. Short ones stay: they would tear
// holes into words.
func hide(text string, secrets []string) string {
	const least = 4
	for _, s := range secrets {
		if len(s) >= least {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	return text
}
