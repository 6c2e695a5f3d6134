package notify

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/secret"
)

// SMS is a gateway that sends short messages, asked by HTTP or by a command. The
// text is the subject.
type SMS struct {
	// To are the numbers; each is told by itself. A command may know its own.
	To      []string `yaml:"to"`
	URL     string   `yaml:"url"`
	URLFile string   `yaml:"url_file"`
	// Format of the fields is form (the default), json or query.
	Format string `yaml:"format"`
	// Fields are what the gateway wants, with {to} and {text} in their values.
	Fields map[string]string `yaml:"fields"`
	// SecretFields are fields whose values stand in files.
	SecretFields map[string]string `yaml:"secret_fields"`
	Username     string            `yaml:"username"`
	PasswordFile string            `yaml:"password_file"`
	TokenFile    string            `yaml:"token_file"`
	// Command is a program, in the place of a gateway. See run.
	Command string        `yaml:"command"`
	Timeout time.Duration `yaml:"timeout"`
}

func (s *SMS) withDefaults() channel {
	c := *s
	c.Timeout = orDefault(c.Timeout)
	if c.Format == "" {
		c.Format = "form"
	}
	if len(c.Fields) == 0 {
		c.Fields = map[string]string{"to": "{to}", "text": "{text}"}
	}
	return &c
}

func (s *SMS) validate(bad complaint) {
	gateway := s.URL != "" || s.URLFile != ""
	switch {
	case gateway == (s.Command != ""):
		bad("sms", "needs url, url_file or command, and one of them only")
	case gateway:
		s.validateGateway(bad)
	case !filepath.IsAbs(s.Command):
		bad("sms.command", "%q is no absolute path; arguments are not possible", s.Command)
	default:
		if err := executable(s.Command); err != nil {
			bad("sms.command", "%v", err)
		}
	}
	for i, to := range s.To {
		if strings.Trim(to, "+0123456789") != "" || strings.Trim(to, "+") == "" {
			bad(fmt.Sprintf("sms.to[%d]", i), "%q is no telephone number: a plus sign and digits", to)
		}
		if slices.Index(s.To, to) < i {
			bad(fmt.Sprintf("sms.to[%d]", i), "%q stands there twice", to)
		}
	}
	validTimeout(s.Timeout, "sms.timeout", bad)
}

func (s *SMS) validateGateway(bad complaint) {
	validLocation(s.URL, s.URLFile, bad, "sms.")
	if len(s.To) == 0 {
		bad("sms.to", "is missing")
	}
	if !slices.Contains([]string{"form", "json", "query"}, s.Format) {
		bad("sms.format", "%q is none of form, json, query", s.Format)
	}
	if (s.Username == "") != (s.PasswordFile == "") {
		bad("sms.username", "username and password_file go together")
	}
	if s.TokenFile != "" && s.PasswordFile != "" {
		bad("sms.token_file", "stands beside password_file: one is enough")
	}
	files := map[string]string{"password_file": s.PasswordFile, "token_file": s.TokenFile}
	for field, file := range s.SecretFields {
		files["secret_fields."+field] = file
	}
	for key, file := range files {
		if file != "" {
			validSecret(file, "sms."+key, bad)
		}
	}
}

func (s *SMS) routes() []string {
	if len(s.To) == 0 {
		return []string{"sms"}
	}
	routes := make([]string, len(s.To))
	for i, to := range s.To {
		routes[i] = "sms:" + to
	}
	return routes
}

func (s *SMS) send(ctx context.Context, by means, route string, n note) (string, error) {
	if s.Command != "" {
		return run(ctx, s.Command, s.Timeout, place(route), n)
	}
	k, err := s.secrets()
	if err != nil {
		return "", err
	}
	r, err := s.request(n, place(route), k)
	if err != nil {
		return "", err
	}
	return by.post(ctx, s.Timeout, n.Delivery, r)
}

// smsSecrets is what the files say.
type smsSecrets struct {
	address, password, token string
	fields                   map[string]string
}

func (s *SMS) secrets() (k smsSecrets, err error) {
	if k.address, err = location(s.URL, s.URLFile); err != nil {
		return k, err
	}
	if s.PasswordFile != "" {
		if k.password, err = secret.Read(s.PasswordFile); err != nil {
			return k, err
		}
	}
	if s.TokenFile != "" {
		if k.token, err = secret.Read(s.TokenFile); err != nil {
			return k, err
		}
	}
	k.fields = map[string]string{}
	for field, file := range s.SecretFields {
		if k.fields[field], err = secret.Read(file); err != nil {
			return k, err
		}
	}
	return k, nil
}

func (s *SMS) request(n note, to string, k smsSecrets) (request, error) {
	fill := strings.NewReplacer("{to}", to, "{text}", n.subject).Replace
	fields := map[string]string{}
	for field, v := range s.Fields {
		fields[field] = fill(v)
	}
	maps.Copy(fields, k.fields)
	r, err := s.encode(k.address, fields)
	if err != nil {
		return r, err
	}
	r.secrets = append(slices.Collect(maps.Values(k.fields)), k.password, k.token)
	switch {
	case k.password != "":
		r.header["Authorization"] = basic(s.Username, k.password)
		r.secrets = append(r.secrets, r.header["Authorization"])
	case k.token != "":
		r.header["Authorization"] = "Bearer " + k.token
	}
	return r, nil
}

func (s *SMS) encode(address string, fields map[string]string) (request, error) {
	form := url.Values{}
	for field, v := range fields {
		form.Set(field, v)
	}
	switch s.Format {
	case "json":
		return encoded(address, fields)
	case "query":
		u, err := parseURL(address)
		if err != nil {
			return request{}, err
		}
		q := u.Query()
		maps.Copy(q, form)
		u.RawQuery = q.Encode()
		return request{method: "GET", url: u.String(), header: map[string]string{}}, nil
	}
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	return request{url: address, header: header, body: []byte(form.Encode())}, nil
}
