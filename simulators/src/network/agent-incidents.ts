// The agent's own incident code: what was recorded at a station is played by what runs at stations.
export { type Incident, parseIncident, type ReplayedIncident, replayIncident } from '@voltbay/station-agent';
