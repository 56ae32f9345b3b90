package resolver

import (
	"strings"

	"github.com/miekg/dns"
)

// rplExpected lists the scripts that we play otherwise than Unbound does, each
// with its reason. Nothing else in the engine looks at a file's name.
var rplExpected = map[string]string{}

// rplForeign lists options that ask for what a scanner's resolver does not do. An
// empty value stands for any.
var rplForeign = []struct{ key, value, reason string }{
	{"harden-dnssec-stripped", "no", "takes data as insecure where no DNSKEY can be had: bogus or indeterminate here"},
	{"val-permissive-mode", "yes", "lets bogus data through"},
	{"disable-edns-do", "yes", "asks without DO"},
	{"ignore-cd-flag", "yes", "is about the client's side"},
	{"serve-expired", "yes", "answers from expired cache entries (RFC 8767)"},
	{"trust-anchor-file", "", "reads anchors from files"},
	{"auto-trust-anchor-file", "", "follows anchors as they roll (RFC 5011)"},
	{"trusted-keys-file", "", "reads anchors from files"},
	{"dns64-prefix", "", "synthesises addresses (RFC 6147)"},
	{"local-data", "", "answers from local data"},
	{"auth-zone", "", "answers from a local copy of a zone"},
	{"rpz", "", "rewrites answers"},
	{"response-ip", "", "rewrites answers"},
	{"private-address", "", "removes addresses from answers"},
	{"caps-whitelist", "", "is about the case of the names asked"},
	{"ratelimit", "", "limits the rate of questions"},
	{"ip-ratelimit", "", "limits the rate of questions"},
	{"send-client-subnet", "", "tells servers the client's network (RFC 7871)"},
	{"client-subnet-zone", "", "tells servers the client's network (RFC 7871)"},
	{"cachedb", "", "keeps answers in a database"},
}

// notForUs says why a whole script is about something that a resolver for a
// scanner does not do; by what it holds, never by its name.
func (s *rplScript) notForUs() string {
	for _, o := range s.Config {
		for _, f := range rplForeign {
			if o.Key == f.key && (f.value == "" || o.Value == f.value) {
				return o.Key + ": " + f.reason
			}
		}
		switch {
		case o.Key == "module-config" && o.Value != "validator iterator":
			return "module-config: modules other than validator and iterator"
		case o.Key == "local-zone" && !strings.HasSuffix(o.Value, " nodefault"):
			return "local-zone: answers from local data"
		case o.Key == "val-override-date" && o.Value == "-1":
			return "val-override-date: takes signatures of any time"
		}
	}
	for _, st := range s.Steps {
		switch st.Kind {
		case "QUERY", "CHECK_ANSWER", "TIME_PASSES", "NOTHING", "TRAFFIC":
		default:
			return "steps of the kind " + st.Kind + " script the resolver's insides"
		}
	}
	return ""
}

// notForUs says why the question of a step is none that a scanner asks.
func (s rplStep) notForUs() string {
	if s.Entry == nil || len(s.Entry.Msg.Question) != 1 {
		return "a query without one question"
	}
	m := s.Entry.Msg
	switch q := m.Question[0]; {
	case q.Qclass != dns.ClassINET:
		return "classes other than IN"
	case q.Qtype == dns.TypeANY:
		return "questions of type ANY"
	case q.Qtype == dns.TypeRRSIG || q.Qtype == dns.TypeSIG:
		return "questions of type RRSIG"
	case !m.RecursionDesired:
		return "questions without RD are about the cache in front of a resolver"
	case m.CheckingDisabled:
		return "questions with CD want data unchecked"
	case m.Opcode != dns.OpcodeQuery:
		return "opcodes other than QUERY"
	}
	return ""
}

// notOurs says why an answer differs from the one expected where that is not the
// fault of what is tested.
func (p *rplPlayer) notOurs(got rplOutcome, want *rplEntry) string {
	label, _, _ := strings.Cut(strings.ToLower(got.query.name), ".")
	switch {
	case got.silent && want.Msg.Rcode != dns.RcodeServerFailure:
		return "the reply can only come from a cache: no server has one"
	case strings.HasPrefix(label, "root-key-sentinel-"):
		return "tells clients of trust anchors (RFC 8509)"
	case p.minimises && got.rcode == dns.RcodeServerFailure && strings.Contains(p.world.tail(), errRplSilence.Error()):
		return "servers know only the shortened names of RFC 9156: names are asked in full here"
	}
	return ""
}
