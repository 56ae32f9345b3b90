package resolver

import (
	"fmt"

	"github.com/miekg/dns"
)

// rplExpected lists the scripts that we play otherwise than Unbound does, each
// with its reason. Nothing else in the engine looks at a file's name.
var rplExpected = map[string]string{}

// notForUs says why a whole script is about something that a resolver for a
// scanner does not do; by what it holds, never by its name.
func (s *rplScript) notForUs() string {
	for _, st := range s.Steps {
		switch st.Kind {
		case "QUERY", "CHECK_ANSWER", "TIME_PASSES", "NOTHING", "TRAFFIC":
		default:
			return fmt.Sprintf("steps of the kind %s script the resolver's insides", st.Kind)
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
