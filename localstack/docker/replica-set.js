// Run by mongosh as the health check of the MongoDB container: makes the server the primary of a set of one; ends with 1
// until it is. Data of an earlier run may name another port.
const members = [{ _id: 0, host: `127.0.0.1:${process.env.SAMPLER_MONGO_PORT}` }];
const NOT_YET_INITIALIZED = 94;
const INVALID_REPLICA_SET_CONFIG = 93;

const code = (() => {
  try {
    rs.status();
    return 0;
  } catch (error) {
    return error.code;
  }
})();
if (code === NOT_YET_INITIALIZED) rs.initiate({ _id: 'rs0', members });
if (code === INVALID_REPLICA_SET_CONFIG) {
  const config = db.getSiblingDB('local').getCollection('system.replset').findOne();
  db.adminCommand({ replSetReconfig: { ...config, members }, force: true });
}
quit(db.hello().isWritablePrimary ? 0 : 1);
