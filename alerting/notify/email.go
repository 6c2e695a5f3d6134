package notify

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"

	"github.com/wneessen/go-mail"
)

// send hands m to the SMTP server for one recipient.
//
// The session is driven step by step, because only the answer to the message's
// final dot (RFC 5321 section 4.2.5) says whether the server took it over: an
// error of RSET or QUIT after that must not send the mail again.
func (e *Email) send(ctx context.Context, d Dialer, to string, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	msg, err := e.compose(to, m)
	if err != nil {
		return fmt.Errorf("compose mail to %s: %w", to, errors.Join(err, ErrFinal))
	}
	client, err := e.client(ctx, d)
	if err != nil {
		return fmt.Errorf("mail to %s: %w", to, err)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("connect to mail server %s: %w", e.SMTP, err)
	}
	err = client.SendWithSMTPClient(session, msg)
	if msg.IsDelivered() {
		_ = client.CloseWithSMTPClient(session) // taken over; nothing more is wanted
		return nil
	}
	_ = session.Close()
	return fmt.Errorf("mail to %s by %s: %w", to, e.SMTP, final(err))
}

// final adds ErrFinal to a permanent refusal, the 5yz replies of RFC 5321.
func final(err error) error {
	var send *mail.SendError
	if errors.As(err, &send) && send.ErrorCode() >= 500 && send.ErrorCode() < 600 {
		return errors.Join(err, ErrFinal)
	}
	if err == nil {
		return errors.New("not taken over by the server")
	}
	return err
}

func (e *Email) compose(to string, m Message) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(e.From), msg.To(to)); err != nil {
		return nil, err
	}
	domain := "localhost"
	if from, err := netmail.ParseAddress(e.From); err == nil {
		domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	}
	msg.Subject(m.Subject())
	msg.SetDateWithValue(m.At)
	msg.SetMessageIDWithValue(m.Delivery + "@" + domain)
	if m.Reply != "" {
		problem := "<" + m.Reply + "@" + domain + ">"
		msg.SetGenHeader(mail.HeaderInReplyTo, problem)
		msg.SetGenHeader(mail.HeaderReferences, problem)
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies
	msg.SetGenHeader("X-Plimsoll-Alert", oneLine(m.ID))
	msg.SetBodyString(mail.TypeTextPlain, m.Text())
	return msg, nil
}
