package app

import (
	"crypto/tls"

	"plimsoll/internal/config"
)

// tls returns what the HTTP listener speaks, nil for plain HTTP.
func (a *App) tls() (*tls.Config, error) {
	files := a.config.Listen.TLS
	if !files.Configured() {
		return nil, nil
	}
	c, err := files.Server(func(err error) { a.logger.Error("listen.tls", "err", err) })
	return c, config.Under("listen.tls", err)
}

// checkTLS reads the files as a start does.
func (c Config) checkTLS() error {
	if !c.Listen.TLS.Configured() {
		return nil
	}
	_, err := c.Listen.TLS.Load()
	return config.Under("listen.tls", err)
}

// URL is where this process answers, as the addresses have it.
func (a *App) URL() string {
	if a.config.Listen.TLS.Configured() {
		return "https://" + a.HTTPAddr().String()
	}
	return "http://" + a.HTTPAddr().String()
}
