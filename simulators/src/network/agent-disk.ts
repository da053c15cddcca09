export { type AgentRecords, openStorage, readAgentRecords } from '@voltbay/station-agent';
