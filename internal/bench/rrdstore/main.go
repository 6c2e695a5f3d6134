package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
)

func main() {
	if os.Args[1] == "ours" {
		if err := oursCommand(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	_ = context.Background()
	if err := quick(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func quick(dir string) error {
	series, _ := strconv.Atoi(os.Args[2])
	threads, _ := strconv.Atoi(os.Args[3])
	if _, err := os.Stat(dir + "/archives"); err != nil {
		if err := makeFiles(dir, series, 1_700_000_000); err != nil {
			return err
		}
	}
	begin, _ := strconv.ParseInt(os.Args[4], 10, 64)
	d, err := startRRDCached(dir, series, threads, clock{begin})
	if err != nil {
		return err
	}
	defer d.stop()
	for range 2 {
		r, err := d.round(30)
		fmt.Printf("%+v\n", r)
		if err != nil {
			return err
		}
	}
	return nil
}
