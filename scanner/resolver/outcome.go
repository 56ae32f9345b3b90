package resolver

// Outcome says how a lookup ended. The three that are answers come first.
type Outcome uint8

const (
	Found Outcome = iota
	NoData
	NXDomain
	ServFail
	Refused
	NotImp
	FormErr
	Malformed
	Timeout
	NetworkError
	AliasLoop
	WorkLimit
	Bogus
)

var outcomes = [...]string{
	"found", "nodata", "nxdomain", "servfail", "refused", "notimp", "formerr",
	"malformed", "timeout", "network-error", "alias-loop", "work-limit", "bogus",
}

func (o Outcome) String() string { return outcomes[o] }
