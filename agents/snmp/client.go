package snmp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/mib"
)

// Client asks one device by hand, to try it.
type Client struct {
	device   *device
	exchange *exchange
	names    *mib.Table
	retries  int
	reader   sync.WaitGroup
}

// Instance is one object's instance and its value.
type Instance struct {
	Number string
	Name   string // by name, or the number
	Type   string // number, counter32, counter64, text
	Value  string
}

// NewClient makes a Client; the caller closes it.
func NewClient(d Device, timeout time.Duration, retries int) (*Client, error) {
	if err := errors.Join(Device{Address: d.Address, Modules: []string{"system"}}.validate(), d.validateAccess()); err != nil {
		return nil, err
	}
	access, err := newAccess(d)
	if err != nil {
		return nil, err
	}
	x, err := newExchange()
	if err != nil {
		return nil, err
	}
	c := &Client{
		device:   &device{cfg: d, name: d.name(), access: access, timeout: timeout, tuning: tuning{repetitions: 10}},
		exchange: x, names: mib.New(), retries: retries,
	}
	c.reader.Go(x.run) // ends with the socket; Close waits
	return c, nil
}

// Close ends the Client.
func (c *Client) Close() error {
	err := c.exchange.socket.Close()
	c.reader.Wait()
	return err
}

func (c *Client) session(ctx context.Context) (*session, error) {
	if err := c.device.resolve(ctx); err != nil {
		return nil, err
	}
	s := c.device.access.session(ctx, c.exchange, c.device.address, c.device.timeout, c.retries)
	s.most = 1_000_000
	return s, nil
}

// Get asks for instances, given by number or name. One that is not there has no
// value.
func (c *Client) Get(ctx context.Context, instances []string) ([]Instance, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var objects []object
	for _, i := range instances {
		number, err := c.names.Number(i)
		if err != nil {
			return nil, err
		}
		objects = append(objects, object{number: number})
	}
	found := map[string]value{}
	if _, err = s.scalars(objects, &c.device.clock, func(o object, v value, _ time.Time) { found[o.number] = v }); err != nil {
		return nil, err
	}
	var out []Instance
	for _, o := range objects {
		out = append(out, c.instance(o.number, found[o.number]))
	}
	return out, nil
}

// Walk asks for all below an object, given by number or name, and calls f for each;
// for an instance itself if that is what is given.
func (c *Client) Walk(ctx context.Context, root string, f func(Instance)) error {
	s, err := c.session(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	number, err := c.names.Number(root)
	if err != nil {
		return err
	}
	any := false
	err = s.walk([]object{{number: number}}, 0, &c.device.tuning, &c.device.clock, func(_ int, index string, v value, _ time.Time) {
		any = true
		f(c.instance(number+"."+index, v))
	})
	if err != nil || any {
		return err
	}
	_, err = s.scalars([]object{{number: number}}, &c.device.clock, func(o object, v value, _ time.Time) { f(c.instance(o.number, v)) })
	return err
}

func (c *Client) instance(oid string, v value) Instance {
	i := Instance{Number: oid, Name: c.names.Name(oid), Type: v.class.String(), Value: v.text}
	switch v.class {
	case counter32, counter64:
		i.Value = strconv.FormatUint(v.whole, 10)
	case number:
		i.Value = strconv.FormatFloat(v.number, 'f', -1, 64)
	}
	return i
}

// next asks for what follows each of some objects, once. What has nothing behind
// it is left out.
func (s *session) next(objects []string) (map[string]gosnmp.SnmpPDU, error) {
	found := map[string]gosnmp.SnmpPDU{}
	for len(objects) > 0 {
		a, err := s.request(gosnmp.GetNextRequest, objects, 0, 0)
		switch {
		case err != nil:
			return nil, err
		case a.err == gosnmp.NoSuchName && a.index >= 0 && a.index < len(objects):
			objects = append(objects[:a.index:a.index], objects[a.index+1:]...)
			continue
		case a.err != gosnmp.NoError:
			return nil, fmt.Errorf("device answers %s", a.err)
		}
		for i, v := range a.vars[:min(len(a.vars), len(objects))] {
			found[objects[i]] = v
		}
		break
	}
	return found, nil
}

// at is the address at which a device is asked for, without its port if that is
// the usual one.
func at(a netip.AddrPort) string {
	if a.Port() == 161 {
		return a.Addr().String()
	}
	return a.String()
}
