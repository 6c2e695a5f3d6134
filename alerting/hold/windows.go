package hold

import "time"

// Window is [From, Until); a zero Until is never.
type Window struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until,omitzero"`
}

// Windows returns the next n windows of h, the first being that which is open
// at from, as a whole. A flexible hold that does not recur has the time in which
// it may begin, or, once it has begun, that which it lasts.
func (h Hold) Windows(from time.Time, n int) []Window {
	var windows []Window
	add := func(w Window) {
		if w, ok := h.cut(w); ok && (w.Until.IsZero() || w.Until.After(from)) {
			windows = append(windows, w)
		}
	}
	switch {
	case n < 1:
	case h.Recurring != nil:
		h.recur(from, n, add)
	case h.Flexible > 0 && !h.Triggered.IsZero():
		add(Window{h.Triggered, h.Triggered.Add(h.Flexible)})
	case h.bounded():
		add(Window{h.From, h.Until})
	}
	return windows
}

// cut returns what is left of a window when h is taken back.
func (h Hold) cut(w Window) (Window, bool) {
	if !h.Ended.IsZero() && (w.Until.IsZero() || h.Ended.Before(w.Until)) {
		w.Until = h.Ended
	}
	return w, w.Until.IsZero() || w.From.Before(w.Until)
}

// recur calls add with n windows of the recurrence.
func (h Hold) recur(from time.Time, n int, add func(Window)) {
	p, err := h.Recurring.read()
	if err != nil {
		return
	}
	at := from
	if at.Before(h.From) {
		at = h.From
	}
	begin, ok := h.opened(at), true
	if !p.Contains(at) {
		begin, ok = p.Next(at)
	}
	for ; ok && n > 0 && (!h.bounded() || begin.Before(h.Until)); n-- {
		w := Window{begin, h.Until}
		end, ends := p.Next(begin)
		if ends && (!h.bounded() || end.Before(h.Until)) {
			w.Until = end
		}
		add(w)
		if begin, ok = end, ends; ok {
			begin, ok = p.Next(end)
		}
	}
}
