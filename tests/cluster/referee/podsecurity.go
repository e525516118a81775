package main

import (
	"encoding/json"
	"sort"

	corev1 "k8s.io/api/core/v1"
	corev1defaults "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type podRequest struct {
	Pod json.RawMessage `json:"pod"`
	// Level is "baseline" or "restricted", Version "latest" or such as "v1.30".
	Level   string `json:"level"`
	Version string `json:"version"`
}

type podAnswer struct {
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason"`
	// Failing are the checks of that level that refuse the pod, each asked alone.
	Failing []string `json:"failing"`
}

// judgePod asks Pod Security admission about a pod with the API server's defaults filled in.
func judgePod(request []byte) (any, error) {
	var asked podRequest
	if err := read(request, &asked); err != nil {
		return nil, err
	}
	var pod corev1.Pod
	if err := read(asked.Pod, &pod); err != nil {
		return nil, err
	}
	corev1defaults.SetObjectDefaults_Pod(&pod)
	level, err := api.ParseLevel(asked.Level)
	if err != nil {
		return nil, err
	}
	version, err := api.ParseVersion(asked.Version)
	if err != nil {
		return nil, err
	}
	at := api.LevelVersion{Level: level, Version: version}
	all, err := evaluate(policy.DefaultChecks(), at, &pod)
	if err != nil {
		return nil, err
	}
	answer := podAnswer{Allowed: all.Allowed, Reason: all.ForbiddenDetail(), Failing: []string{}}
	for _, check := range policy.DefaultChecks() {
		// A check alone must not be overridden by one that isn't there to speak for it.
		alone, err := evaluate([]policy.Check{check}, at, &pod)
		if err != nil {
			return nil, err
		}
		if !alone.Allowed {
			answer.Failing = append(answer.Failing, string(check.ID))
		}
	}
	sort.Strings(answer.Failing)
	return answer, nil
}

func evaluate(
	checks []policy.Check, at api.LevelVersion, pod *corev1.Pod,
) (policy.AggregateCheckResult, error) {
	evaluator, err := policy.NewEvaluator(checks, nil)
	if err != nil {
		return policy.AggregateCheckResult{}, err
	}
	return policy.AggregateCheckResults(evaluator.EvaluatePod(at, &pod.ObjectMeta, &pod.Spec)), nil
}
