/** Two zones of public subnets, no NAT: tasks have public addresses and closed security groups. */
import { stage } from "./context.ts";

export const vpc = new sst.aws.Vpc("Network", {
  az: 2,
  transform: {
    // SST's default lets everything in the VPC reach everything.
    securityGroup: { ingress: [], egress: [] },
  },
});

new aws.ec2.VpcEndpoint("S3Endpoint", {
  vpcId: vpc.id,
  vpcEndpointType: "Gateway",
  serviceName: `com.amazonaws.${stage.region}.s3`,
  routeTableIds: vpc.nodes.publicRouteTables.apply((tables) => tables.map((table) => table.id)),
});
