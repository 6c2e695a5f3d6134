package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxSubscriptions = 200
	maxExprBytes     = 4 << 10
	maxIDBytes       = 200
	maxMessageBytes  = maxSubscriptions * (maxExprBytes + maxIDBytes + 64)

	writeDeadline = 30 * time.Second // for one frame; a browser stopped for longer is gone
	pingEvery     = 20 * time.Second
	pongWithin    = 75 * time.Second // of the last sign of life; longer than a write and a ping
	closeWithin   = time.Second
)

// subscription asks for an expression under an id of the client's choice.
type subscription struct {
	ID   string `json:"id"`
	Expr string `json:"expr"`
}

// client is one open websocket: a reader, which runs in the request's
// goroutine, and a writer, which alone writes.
type client struct {
	conn *websocket.Conn
	hub  *hub
	box  *mailbox
	told map[string]string // by id, the error the client was told; the writer's
}

func newClient(conn *websocket.Conn, h *hub) *client {
	return &client{conn: conn, hub: h, box: newMailbox(), told: map[string]string{}}
}

// read takes subscriptions until the connection ends.
func (c *client) read() {
	c.conn.SetReadLimit(maxMessageBytes)
	alive := func(string) error { return c.conn.SetReadDeadline(c.hub.cfg.Now().Add(pongWithin)) }
	c.conn.SetPongHandler(alive)
	for alive("") == nil {
		kind, message, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		if err := c.receive(kind, message); err != nil {
			c.box.putNote(errorFrame("", err.Error()))
		}
	}
}

// receive does what a message asks for, or changes nothing and says why.
func (c *client) receive(kind int, message []byte) error {
	var m struct {
		Subscribe *[]subscription `json:"subscribe"`
	}
	if kind != websocket.TextMessage {
		return errors.New("want a text message")
	}
	if err := json.Unmarshal(message, &m); err != nil {
		return fmt.Errorf("not a message: %w", err)
	}
	if m.Subscribe == nil {
		return errors.New(`not a message: "subscribe" is missing`)
	}
	if err := checkSubscriptions(*m.Subscribe); err != nil {
		return err
	}
	for _, id := range c.hub.subscribe(c, *m.Subscribe) {
		c.box.putNote(errorFrame(id, "too many live expressions on this server"))
	}
	return nil
}

func checkSubscriptions(subs []subscription) error {
	if len(subs) > maxSubscriptions {
		return fmt.Errorf("%d expressions are more than %d", len(subs), maxSubscriptions)
	}
	ids := make(map[string]bool, len(subs))
	for _, s := range subs {
		switch {
		case s.ID == "" || len(s.ID) > maxIDBytes:
			return fmt.Errorf("the id %.20q is empty or longer than %d bytes", s.ID, maxIDBytes)
		case ids[s.ID]:
			return fmt.Errorf("the id %q stands twice", s.ID)
		case s.Expr == "" || len(s.Expr) > maxExprBytes:
			return fmt.Errorf("the expression of %q is empty or longer than %d bytes", s.ID, maxExprBytes)
		}
		ids[s.ID] = true
	}
	return nil
}

// write sends what the mailbox gets until that is closed or the browser gone;
// then it closes the connection, which ends read.
func (c *client) write() {
	defer c.conn.Close()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case <-ping.C:
			if c.conn.WriteControl(websocket.PingMessage, nil, c.hub.cfg.Now().Add(writeDeadline)) != nil {
				return
			}
		case <-c.box.ready:
			m := c.box.take()
			if c.send(m) != nil {
				return
			}
			if m.closed {
				c.goAway()
				return
			}
		}
	}
}

// send writes states first: they matter most, and come once. What is past comes
// before what is now.
func (c *client) send(m mail) error {
	if m.fresh {
		clear(c.told)
	}
	frames := append(m.states[:], m.notes...)
	for _, p := range m.pasts {
		frames = append(frames, pastFrame(p))
	}
	if m.round != nil {
		frames = append(frames, c.roundFrames(m.subs, m.round)...)
	}
	for _, frame := range frames {
		if frame == nil {
			continue
		}
		if err := c.conn.SetWriteDeadline(c.hub.cfg.Now().Add(writeDeadline)); err != nil {
			return err
		}
		if err := c.conn.WriteMessage(websocket.TextMessage, frame); err != nil {
			return err
		}
		c.hub.gauges.frames.Inc()
	}
	return nil
}

// goAway says that the server ends, not the page.
func (c *client) goAway() {
	bye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "the server is going away")
	_ = c.conn.WriteControl(websocket.CloseMessage, bye, c.hub.cfg.Now().Add(closeWithin))
}
