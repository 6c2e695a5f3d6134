package ledger

import "time"

// Folding says how messages over a route are joined. The zero Folding sends
// each for itself.
type Folding struct {
	// Wait is the pause after the first message of a group until what came
	// meanwhile goes in one. It doubles with each further message within
	// foldWindow, up to MaxWait.
	Wait, MaxWait time.Duration
	// Storm messages over a route within foldWindow make one group of all that
	// is to go over it; 0: never.
	Storm int
	// Digest is how often what is not urgent goes, all in one; 0: at once.
	Digest time.Duration
}

// foldWindow is how far back messages count.
const foldWindow = 10 * time.Minute

// digest is the name of the group of all that waits for a digest; no labels make
// such a name.
const digest = "\xffdigest"

// maxFolded bounds the messages that are joined.
const maxFolded = 500

// waiting is a row of the outbox, without its message.
type waiting struct {
	id, bundle  int64
	alert       string
	to          Address
	group       string
	urgent      bool
	attempts    int
	queued, due time.Time
}

// ready reports whether a row's time has come. One that is due later than any
// retry may be put off was put off before the clock was set back.
func (w waiting) ready(now time.Time) bool { return !w.due.After(now) || w.due.After(now.Add(MaxWait)) }

// recent is what went over a route lately.
type recent struct {
	group string
	at    time.Time
}

// choose picks what may go over one route now: each element is one message.
// Rows come by number. A bundle is retried as it was made. Of one alert nothing
// overtakes what was queued before it, and while a bundle of a group is on its
// way, nothing else of the group is.
func choose(rows []waiting, sent []recent, f Folding, now time.Time) [][]waiting {
	if f == (Folding{}) {
		return chooseSingly(rows, now)
	}
	var chosen [][]waiting
	bundles, free := split(rows)
	busy, held := map[string]bool{}, map[string]bool{}
	for _, b := range bundles {
		if b[0].ready(now) {
			chosen = append(chosen, b)
		}
		for _, w := range b {
			busy[w.group], held[w.alert] = true, true
		}
	}
	storm := f.Storm > 0 && count(sent, "", now) >= f.Storm
	if storm && len(bundles) > 0 {
		return limit(chosen)
	}
	var ready [][]waiting
	name := f.names(free, storm)
	for _, g := range grouped(free, held, name, now) {
		if !busy[name(g[0])] && f.goes(g, name(g[0]), sent, now) {
			ready = append(ready, g[:min(len(g), maxFolded)])
		}
	}
	if f.Storm > 0 && len(ready)+since(sent, now.Add(-f.Wait)) > crowd {
		ready = f.joined(ready, bundles, sent, now)
	}
	return limit(append(chosen, ready...))
}

func limit(chosen [][]waiting) [][]waiting { return chosen[:min(len(chosen), perRoute)] }

// chooseSingly picks the oldest row of each alert.
func chooseSingly(rows []waiting, now time.Time) [][]waiting {
	var chosen [][]waiting
	seen := map[string]bool{}
	for _, w := range rows {
		if !seen[w.alert] && w.ready(now) {
			chosen = append(chosen, []waiting{w})
		}
		seen[w.alert] = true
	}
	return limit(chosen)
}

// split tells rows that were bound, by bundle, from those that were not.
func split(rows []waiting) (bundles [][]waiting, free []waiting) {
	place := map[int64]int{}
	for _, w := range rows {
		if w.bundle == 0 {
			free = append(free, w)
			continue
		}
		i, known := place[w.bundle]
		if !known {
			i = len(bundles)
			place[w.bundle] = i
			bundles = append(bundles, nil)
		}
		bundles[i] = append(bundles[i], w)
	}
	return bundles, free
}

// names returns what tells the group of a row: a digest is one, whatever is in
// it, and so is a storm. An alert of which something is urgent is in no digest,
// as nothing of it may overtake what was before.
func (f Folding) names(free []waiting, storm bool) func(waiting) string {
	urgent := map[string]bool{}
	for _, w := range free {
		urgent[w.alert] = urgent[w.alert] || w.urgent
	}
	return func(w waiting) string {
		switch {
		case f.Digest > 0 && !urgent[w.alert]:
			return digest
		case storm:
			return ""
		}
		return w.group
	}
}

// grouped sorts what may go into groups, in the order of their oldest rows.
func grouped(free []waiting, held map[string]bool, name func(waiting) string, now time.Time) [][]waiting {
	var groups [][]waiting
	place, home := map[string]int{}, map[string]string{}
	for _, w := range free {
		first, before := home[w.alert]
		if held[w.alert] || !w.ready(now) || before && first != name(w) {
			held[w.alert] = true // nothing overtakes it
			continue
		}
		home[w.alert] = name(w)
		i, known := place[name(w)]
		if !known {
			i = len(groups)
			place[name(w)] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], w)
	}
	return groups
}

// goes reports whether a group need not wait any longer.
func (f Folding) goes(g []waiting, name string, sent []recent, now time.Time) bool {
	if name == digest {
		return now.Sub(g[0].queued).Abs() >= f.Digest
	}
	n := count(sent, name, now)
	if n == 0 {
		return true
	}
	wait := min(f.Wait<<min(n-1, 16), f.MaxWait)
	if name == "" {
		wait = min(2*f.Wait, f.MaxWait) // in a storm people look every minute
	}
	return now.Sub(latest(sent, name)).Abs() >= wait
}

// count is how many messages of a group, "" being all, went within foldWindow.
func count(sent []recent, group string, now time.Time) (n int) {
	for _, s := range sent {
		if (group == "" || s.group == group) && now.Sub(s.at).Abs() < foldWindow {
			n++
		}
	}
	return n
}

func latest(sent []recent, group string) (at time.Time) {
	for _, s := range sent {
		if (group == "" || s.group == group) && s.at.After(at) {
			at = s.at
		}
	}
	return at
}
