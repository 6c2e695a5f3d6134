package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/snmpsim"
)

// object is the number of the i-th object that each device has, without its .0.
func object(i int) string { return fmt.Sprintf("1.3.6.1.4.1.32473.1.%d", i+1) }

// devicesCommand simulates devices until its standard input ends.
func devicesCommand(args []string) error {
	f := flag.NewFlagSet("devices", flag.ContinueOnError)
	n := f.Int("devices", 2000, "devices")
	objects := f.Int("objects", 30, "objects of each")
	if err := f.Parse(args); err != nil {
		return err
	}
	var addresses []string
	for i := range *n {
		a, err := snmpsim.New("127.0.0.1:0")
		if err != nil {
			return err
		}
		a.Dead, a.Delay = i%20 == 3, 100*time.Millisecond
		if i%20 == 7 {
			a.Delay = 2 * time.Second
		}
		a.Set(gosnmp.SnmpPDU{Name: "1.3.6.1.2.1.1.3.0", Type: gosnmp.TimeTicks, Value: uint32(100)})
		for o := range *objects {
			a.Set(gosnmp.SnmpPDU{Name: object(o) + ".0", Type: gosnmp.Counter64, Value: uint64(1)<<40 + uint64(i)})
		}
		go a.Run() // until the process ends
		addresses = append(addresses, a.Addr())
	}
	return talk(func(string) (any, error) { return addresses, nil })
}

// talk answers each line of the standard input with one of JSON.
func talk(answer func(question string) (any, error)) error {
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		a, err := answer(in.Text())
		if err != nil {
			return err
		}
		if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
			return err
		}
	}
	return nil
}
