package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/resolver"
)

// Explanation is one lookup with the chain of trust that its status rests on.
type Explanation struct {
	Answer resolver.Answer
	Steps  []dnssec.Step
}

// Explain looks up one name as a scan would, and writes down how its answer is
// proven, or where the proof breaks.
func Explain(ctx context.Context, d DNS, name string, qtype uint16) (Explanation, error) {
	l, err := d.open()
	if err != nil {
		return Explanation{}, err
	}
	defer l.close()
	if l.explain == nil {
		return Explanation{}, errors.New("with --trust-ad the resolver validates, and does not tell how: leave it out to validate here")
	}
	a, steps := l.explain(ctx, name, qtype)
	return Explanation{a, steps}, ctx.Err()
}

// Write shows the explanation to people, link by link.
func (x Explanation) Write(w io.Writer) {
	q := x.Answer.Question
	fmt.Fprintf(w, "%s %s\n", q.Name, dns.TypeToString[q.Type])
	for i, s := range x.Steps {
		fmt.Fprintf(w, "%2d. %s\n", i+1, stepText(s))
	}
	fmt.Fprintf(w, "\n%s, %s%s\n", x.Answer.Outcome, x.Answer.Status, why(x.Answer.Reason, x.Answer.EDE))
	for _, rr := range x.Answer.Records {
		fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(rr.String(), "\t", " "))
	}
	if x.Answer.Denial != "" {
		fmt.Fprintf(w, "    denied by %s\n", x.Answer.Denial)
	}
	fmt.Fprintf(w, "    from %s, %d queries\n", serverText(x.Answer), x.Answer.Queries)
}

func serverText(a resolver.Answer) string {
	if !a.Server.IsValid() {
		return "nobody"
	}
	return a.Server.String()
}

// stepText is one link of the chain in words.
func stepText(s dnssec.Step) string {
	text := fmt.Sprintf("%s: ", s.Name)
	switch s.Kind {
	case dnssec.StepAnchor:
		text += "trust anchor " + listed(s.DS) + " vouches for the zone's keys"
	case dnssec.StepZone:
		text += "zone, its keys vouched for by DS " + listed(s.DS)
	case dnssec.StepNoCut:
		text += "no zone begins here, proven"
	case dnssec.StepEnd:
		text += "the chain ends here"
	case dnssec.StepAlias:
		text += "alias of " + s.Target
	case dnssec.StepAnswer:
		text += dns.TypeToString[s.Type] + " records"
	case dnssec.StepDenial:
		text += fmt.Sprintf("no %s records, by %s", dns.TypeToString[s.Type], s.Denial)
	default:
		text += string(s.Kind)
	}
	text += signedBy(s)
	if s.Status != dnssec.Secure {
		text += fmt.Sprintf(" -> %s%s", s.Status, why(s.Reason, -1))
	}
	return text
}

func listed(texts []string) string {
	if len(texts) == 0 {
		return "(none)"
	}
	return strings.Join(texts, ", ")
}

func signedBy(s dnssec.Step) string {
	if s.KeyTag == 0 && s.Alg == 0 {
		return ""
	}
	text := fmt.Sprintf(", signed by key %d of %s (%s)", s.KeyTag, s.Zone, algorithmText(s.Alg))
	if !s.Expires.IsZero() {
		text += " until " + s.Expires.UTC().Format(time.RFC3339)
	}
	return text
}

func algorithmText(alg uint8) string {
	if text, ok := dns.AlgorithmToString[alg]; ok {
		return text
	}
	return fmt.Sprintf("algorithm %d", alg)
}

func why(reason dnssec.Reason, ede int) string {
	if reason == "" {
		return ""
	}
	if ede >= 0 {
		return fmt.Sprintf(": %s (EDE %d, %s)", reason, ede, dns.ExtendedErrorCodeToString[uint16(ede)])
	}
	return fmt.Sprintf(": %s", reason)
}
