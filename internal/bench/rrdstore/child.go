package main

import (
	"errors"
	"fmt"
	"os/exec"
	"time"

	"plimsoll/internal/bench/process"
)

// stopTime is what a child has to end by itself.
const stopTime = 30 * time.Second

// talker is the bench once more, with other arguments: a child that does rounds.
type talker struct{ *process.Talker }

func speak(self, dir string, args ...string) (talker, error) {
	t, err := process.Speak(exec.Command(self, args...), dir)
	return talker{t}, err
}

// ask has the child do something; what it cost is in the answer.
func (t talker) ask(question string) (r round, err error) {
	err = t.Ask(question, &r)
	if err == nil && r.Error != "" {
		err = fmt.Errorf("%s: %w: %s", question, errors.New(r.Error), t.Said())
	}
	return r, err
}
