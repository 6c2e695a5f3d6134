package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"plimsoll/agents/snmp"
)

func snmpCommand() command {
	return command{
		name: "snmp", args: "COMMAND [flags] …", about: "find devices that answer SNMP, and try one",
		sub: []command{snmpDiscoverCommand(), snmpWalkCommand(), snmpGetCommand()},
	}
}

// snmpAccess are the flags by which devices are asked.
type snmpAccess struct {
	device  snmp.Device
	version string
	timeout time.Duration
}

func (a *snmpAccess) flags(f *flag.FlagSet) {
	f.StringVar(&a.version, "version", "2c", "`VERSION` of SNMP: 1, 2c or 3")
	f.StringVar(&a.device.Community, "community", "", "`COMMUNITY` of versions 1 and 2c (public by default); others see it in the list of processes")
	f.StringVar(&a.device.CommunityFile, "community-file", "", "`FILE` that holds the community")
	f.StringVar(&a.device.User.User, "user", "", "`USER` of version 3")
	f.StringVar(&a.device.User.Auth, "auth", "", "`PROTOCOL`: MD5, SHA, SHA-224, SHA-256, SHA-384, SHA-512")
	f.StringVar(&a.device.User.AuthSecretFile, "auth-secret-file", "", "`FILE` that holds the password for auth")
	f.StringVar(&a.device.User.Priv, "priv", "", "`PROTOCOL`: DES, AES, AES-192, AES-256, AES-192-C, AES-256-C")
	f.StringVar(&a.device.User.PrivSecretFile, "priv-secret-file", "", "`FILE` that holds the password for priv")
	f.DurationVar(&a.timeout, "timeout", 2*time.Second, "how long an answer is waited for")
}

// access returns the device without its address.
func (a *snmpAccess) access() snmp.Device {
	d := a.device
	d.Version = snmp.Version(a.version)
	return d
}

func snmpDiscoverCommand() command {
	return command{
		name: "snmp discover", args: "[flags] CIDR", about: "print a configuration of the devices that answer in a network; it adds nothing",
		examples: []string{
			"plimsoll snmp discover 10.0.0.0/24",
			"plimsoll snmp discover -community-file /etc/plimsoll/community -rate 50 10.0.0.0/20",
			"plimsoll snmp discover -version 3 -user farm -auth SHA-256 -auth-secret-file /etc/plimsoll/snmp-auth 10.0.0.0/24",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &snmpDiscover{}
			c.flags(f)
			f.IntVar(&c.port, "port", 161, "UDP `PORT` that is asked")
			f.IntVar(&c.rate, "rate", 200, "`ADDRESSES` asked in a second")
			f.DurationVar(&c.deadline, "deadline", 10*time.Minute, "when the search is given up")
			return c.run
		},
	}
}

type snmpDiscover struct {
	snmpAccess
	port, rate int
	deadline   time.Duration
}

func (c *snmpDiscover) run(e env, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: one network is wanted, such as 10.0.0.0/24", errUsage)
	}
	network, err := netip.ParsePrefix(args[0])
	if err != nil {
		return fmt.Errorf("%w: %q is no network such as 10.0.0.0/24", errUsage, args[0])
	}
	if c.port < 1 || c.port > 65535 {
		return fmt.Errorf("%w: -port %d is not between 1 and 65535", errUsage, c.port)
	}
	ctx, cancel := context.WithTimeout(e.ctx, c.deadline)
	defer cancel()
	found, asked, err := snmp.Discover(ctx, snmp.Search{Network: network, Port: uint16(c.port), Access: c.access(), Rate: c.rate, Timeout: c.timeout})
	if err != nil && asked == 0 {
		return err
	}
	c.print(e.stdout, found, asked)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("gave up at %s: %d addresses were asked", c.deadline, asked)
	}
	return err
}

// print writes what was found as a configuration.
func (c *snmpDiscover) print(w io.Writer, found []snmp.Proposal, asked int) {
	fmt.Fprintf(w, "# %d of %d addresses answered.\n", len(found), asked)
	if len(found) == 0 {
		return
	}
	fmt.Fprint(w, "snmp:\n  devices:\n")
	for _, p := range found {
		about := strings.TrimSpace(p.Vendor + " " + p.ObjectID)
		if p.Descr != "" {
			about += ": " + p.Descr
		}
		fmt.Fprintf(w, "    # %s\n    - address: %s\n", about, strconv.QuoteToASCII(p.Address))
		if p.Name != p.Address {
			fmt.Fprintf(w, "      name: %s\n", strconv.QuoteToASCII(p.Name))
		}
		c.printAccess(w)
		fmt.Fprintf(w, "      modules: [%s]\n", strings.Join(p.Modules, ", "))
	}
}

// printAccess writes how the devices were asked: where the secrets are, and never
// a secret but a community that was given in the open.
func (c *snmpDiscover) printAccess(w io.Writer) {
	key := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "      %s: %s\n", name, strconv.QuoteToASCII(value))
		}
	}
	d := c.access()
	key("version", string(d.Version))
	key("community", d.Community)
	key("community_file", d.CommunityFile)
	key("user", d.User.User)
	key("auth", d.User.Auth)
	key("auth_secret_file", d.User.AuthSecretFile)
	key("priv", d.User.Priv)
	key("priv_secret_file", d.User.PrivSecretFile)
}

func snmpWalkCommand() command {
	return command{
		name: "snmp walk", args: "[flags] ADDRESS [OBJECT]", about: "print all that a device tells below an object, 1.3.6.1 by default",
		examples: []string{"plimsoll snmp walk 10.0.0.1 ifName", "plimsoll snmp walk -version 1 10.0.0.1:3401 1.3.6.1.4.1.3495"},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &snmpAccess{}
			c.flags(f)
			return func(e env, args []string) error {
				if len(args) < 1 || len(args) > 2 {
					return fmt.Errorf("%w: an address and perhaps an object are wanted", errUsage)
				}
				root := append(args, "1.3.6.1")[1]
				return c.with(e, args[0], func(ctx context.Context, client *snmp.Client) error {
					return client.Walk(ctx, root, func(i snmp.Instance) { printInstance(e.stdout, i) })
				})
			}
		},
	}
}

func snmpGetCommand() command {
	return command{
		name: "snmp get", args: "[flags] ADDRESS INSTANCE…", about: "print single values of a device",
		examples: []string{"plimsoll snmp get 10.0.0.1 sysUpTime.0 ifHCInOctets.3"},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &snmpAccess{}
			c.flags(f)
			return func(e env, args []string) error {
				if len(args) < 2 {
					return fmt.Errorf("%w: an address and instances are wanted", errUsage)
				}
				return c.with(e, args[0], func(ctx context.Context, client *snmp.Client) error {
					found, err := client.Get(ctx, args[1:])
					for _, i := range found {
						printInstance(e.stdout, i)
					}
					return err
				})
			}
		},
	}
}

// tryDeadline bounds a walk.
const tryDeadline = 10 * time.Minute

// with lets do ask a device.
func (a *snmpAccess) with(e env, address string, do func(context.Context, *snmp.Client) error) (err error) {
	d := a.access()
	d.Address = address
	client, err := snmp.NewClient(d, a.timeout, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	ctx, cancel := context.WithTimeout(e.ctx, tryDeadline)
	defer cancel()
	if err := do(ctx, client); err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	return nil
}

// printInstance writes number, name, type and value; the name only if there is one.
func printInstance(w io.Writer, i snmp.Instance) {
	name := ""
	if i.Name != i.Number {
		name = " " + i.Name
	}
	fmt.Fprintf(w, "%s%s = %s: %s\n", i.Number, name, i.Type, strings.ReplaceAll(i.Value, "\n", "\\n"))
}
