package app

import "plimsoll/agents/scrape"

// openScrape sets up what scrapes, if there is anything to scrape. Each job is a
// source of its own to the collector.
func (a *App) openScrape() (err error) {
	c := a.config.Scrape
	if len(c.Jobs) == 0 {
		return nil
	}
	c.SinkFor, c.Registerer, c.Logger = a.collector.From, a.registry, a.logger
	a.scraper, err = scrape.New(c)
	return err
}
