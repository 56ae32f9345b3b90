package exchange

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"time"
)

const (
	// firstUplink is how many questions may be out at first.
	firstUplink = 256
	// uplinkSample is how many tries must have ended before their losses are looked
	// at; of a window under a quarter of that, as many as it lets out four times.
	uplinkSample = 64
	// tolerance is the share of lost tries, above what is always lost, that makes the
	// window smaller.
	tolerance = 0.05
	// Where a smaller window brings fewer replies than this share of those before, and
	// more losses than this share of those before, it was not too large.
	useful = 0.75
	// nothing is the share of lost tries at which the network is gone: that teaches
	// nothing of what it always loses.
	nothing       = 0.9
	maxBackground = 0.5
	// The window grows by one of so many parts of itself, and of the maximum at most.
	stepOfSize = 8
	stepOfMax  = 32
)

// uplink adapts the number of questions out at a time to what the network between us
// and everybody else bears, as TCP does (RFC 5681): it grows while replies come, and
// halves when the share of lost questions rises. A small line, or the table of a
// small router, loses questions to all servers alike; so only those count that went
// to servers which answer.
//
// Some networks lose a share whatever is sent. Halving the window then halves the
// replies, too, and makes the share no smaller: it is taken back, and the share
// becomes the background from which losses are counted.
type uplink struct {
	cfg   *GovernorConfig
	slice time.Duration // between two looks: what is lost is known after a timeout

	mu sync.Mutex
	places
	began    time.Time // of this slice
	replies  int       // of this slice
	losses   int       // of this slice
	earlier  float64   // replies a second in the slice before
	waited   bool      // somebody had to wait in this slice
	resting  bool      // what ends now was sent before the window was made smaller
	shrunk   bool      // the window was made smaller, and not larger since
	before   float64   // replies a second before it was made smaller last
	lost     float64   // the share lost before that
	target   int       // up to which the window grows fast
	always   float64   // the share that is lost always
	troubled bool      // said so
}

func newUplink(cfg GovernorConfig) *uplink {
	return &uplink{
		cfg: &cfg, slice: cfg.Timeout, target: cfg.Max,
		places: places{size: min(max(firstUplink, cfg.Min), cfg.Max)},
	}
}

func (u *uplink) enter(ctx context.Context, clock func() time.Time) error {
	u.mu.Lock()
	if u.began.IsZero() {
		u.began = clock()
	}
	if u.out >= u.size {
		u.waited = true
	}
	return u.take(ctx, &u.mu)
}

func (u *uplink) leave(now time.Time, c cost) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch c {
	case replied:
		u.replies++
	case lost:
		u.losses++
	}
	if u.replies+u.losses >= min(uplinkSample, 4*u.size) && now.Sub(u.began) >= u.slice {
		u.adapt(now)
	}
	u.give()
}

// stands returns how many questions may be out, and how many are.
func (u *uplink) stands() (size, out int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.size, u.out
}

// adapt ends a slice.
func (u *uplink) adapt(now time.Time) {
	seconds := now.Sub(u.began).Seconds()
	rate, losses := float64(u.replies)/seconds, float64(u.losses)/seconds
	// What was lost now was sent a timeout ago, beside what was replied to then.
	beside := u.earlier
	if beside == 0 {
		beside = rate
	}
	share := losses / max(losses+beside, 1/seconds)
	chance := 2 * math.Sqrt(share*(1-share)/float64(u.replies+u.losses)) // as it may seem larger than it is
	switch {
	case u.resting:
		u.resting = false
	case u.shrunk && u.inVain(share, rate):
		u.always, u.shrunk = min(max(share, u.always), maxBackground), false
		u.size = min(2*u.size, u.cfg.Max)
	case share > u.always+tolerance+chance:
		u.shrink(share, rate)
	default:
		u.grow(share)
	}
	u.began, u.replies, u.losses, u.waited, u.earlier = now, 0, 0, false, rate
	u.tell(share)
}

// inVain reports whether a smaller window brought fewer replies, and no fewer losses
// for each of them.
func (u *uplink) inVain(share, rate float64) bool {
	wanted := len(u.queue) > 0
	return wanted && share < nothing && share > useful*u.lost && rate < useful*u.before
}

// shrink halves the window.
func (u *uplink) shrink(share, rate float64) {
	if !u.shrunk {
		u.target = max(u.size/2, u.cfg.Min)
	}
	u.shrunk, u.before, u.lost = true, rate, share
	u.resting = u.size > u.cfg.Min
	u.size = max(u.size/2, u.cfg.Min)
}

// grow makes the window larger where it was too small for what was to be asked: fast
// up to half of where it lost too much, then by steps.
func (u *uplink) grow(share float64) {
	u.shrunk = false
	if share < u.always {
		u.always += (share - u.always) / 4
	}
	switch {
	case !u.waited:
	case u.size < u.target:
		u.size = min(2*u.size, u.target)
	default:
		u.size = min(u.size+max(1, min(u.size/stepOfSize, u.cfg.Max/stepOfMax)), u.cfg.Max)
	}
}

// tell says when questions get lost, and when they no longer do.
func (u *uplink) tell(share float64) {
	switch few := u.size <= max(u.cfg.Min, u.cfg.Max/8); {
	case few && !u.troubled && u.shrunk:
		u.troubled = true
		u.cfg.Log.Warn("the network loses questions: fewer are asked at a time", slog.Int("at-a-time", u.size),
			slog.Float64("lost", share),
			slog.String("hint", "a small line, or a router with a small table of connections? Ask fewer a second (--dns-rate)"))
	case u.troubled && u.size >= u.cfg.Max/2:
		u.troubled = false
		u.cfg.Log.Info("the network bears more questions again", slog.Int("at-a-time", u.size))
	}
}
