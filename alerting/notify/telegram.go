package notify

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"plimsoll/internal/secret"
)

// Telegram is a bot that writes to a chat
// (https://core.telegram.org/bots/api#sendmessage).
type Telegram struct {
	URL       string `yaml:"url"`
	TokenFile string `yaml:"token_file"`
	// Chat is the number of a chat, or @NAME of a channel.
	Chat    string        `yaml:"chat"`
	Timeout time.Duration `yaml:"timeout"`
}

func (c *Telegram) withDefaults() channel {
	d := *c
	d.Timeout = orDefault(d.Timeout)
	if d.URL == "" {
		d.URL = "https://api.telegram.org"
	}
	return &d
}

func (c *Telegram) validate(bad complaint) {
	validLocation(c.URL, "", bad, "telegram.")
	validSecret(c.TokenFile, "telegram.token_file", bad)
	if c.Chat == "" {
		bad("telegram.chat", "is missing")
	}
	validTimeout(c.Timeout, "telegram.timeout", bad)
}

// routes holds the chat: who is told of a problem in one is told of its end
// there.
func (c *Telegram) routes() []string { return []string{"telegram:" + c.Chat} }

func (c *Telegram) send(ctx context.Context, by means, route string, n note) (string, error) {
	token, err := secret.Read(c.TokenFile)
	if err != nil {
		return "", err
	}
	r, err := c.request(n, place(route), token)
	if err != nil {
		return "", err
	}
	return by.post(ctx, c.Timeout, n.Delivery, r)
}

type telegramMessage struct {
	Chat    string          `json:"chat_id"`
	Text    string          `json:"text"` // 1 to 4096 characters, counted in UTF-16
	Preview telegramPreview `json:"link_preview_options"`
}

type telegramPreview struct {
	Disabled bool `json:"is_disabled"`
}

// maxTelegramText in bytes is never more than 4096 of UTF-16.
const maxTelegramText = 4096

func (c *Telegram) request(n note, chat, token string) (request, error) {
	base, err := parseURL(c.URL)
	if err != nil {
		return request{}, err
	}
	r, err := encoded(base.JoinPath("bot"+token, "sendMessage").String(), telegramMessage{
		Chat: chat, Text: cut(n.subject+"\n\n"+n.text, maxTelegramText), Preview: telegramPreview{true},
	})
	r.secrets, r.judge = []string{token}, judgeTelegram
	return r, err
}

var errTelegram = errors.New("not taken by Telegram")

func judgeTelegram(said []byte) error {
	var answer struct {
		OK bool `json:"ok"`
	}
	if json.Unmarshal(said, &answer) == nil && !answer.OK {
		return errTelegram
	}
	return nil
}
