"""Events and impressions written: judged, their keys claimed, their rows copied."""
