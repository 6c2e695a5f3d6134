package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// journal notes the order in which parts end.
type journal struct{ ended chan string }

func (j journal) part(name string, drains time.Duration) part {
	return part{name, func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(drains) // the fake clock of synctest
		j.ended <- name
		return nil
	}}
}

func (j journal) order() (names []string) {
	close(j.ended)
	for n := range j.ended {
		names = append(names, n)
	}
	return names
}

func TestStopsInputsFirstAndTheStoreLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := journal{make(chan string, 3)}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		err := runStages(ctx, 3*time.Second,
			[]part{j.part("store", 0)}, []part{j.part("alerting", 2*time.Second)}, []part{j.part("inputs", 2*time.Second)})
		if order := j.order(); err != nil || !slices.Equal(order, []string{"inputs", "alerting", "store"}) {
			t.Errorf("ended in order %v with %v", order, err)
		}
	})
}

func TestOnePartEndingEndsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("disk gone")
		j := journal{make(chan string, 2)}
		err := runStages(t.Context(), time.Second,
			[]part{j.part("store", 0)}, []part{{"counterd", func(context.Context) error { return broken }}})
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "counterd") || !slices.Equal(j.order(), []string{"store"}) {
			t.Errorf("got %v", err)
		}
	})
}

func TestHungPartDoesNotTakeTheStoresTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := journal{make(chan string, 2)}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := runStages(ctx, 3*time.Second, []part{j.part("store", time.Second)}, []part{j.part("hung", time.Hour)})
		if err == nil || len(j.ended) != 1 || <-j.ended != "store" {
			t.Errorf("the store did not end first: %v", err)
		}
		time.Sleep(2 * time.Hour) // let the hung one go
	})
}
