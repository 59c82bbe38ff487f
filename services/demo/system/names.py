"""Names of the runbook's system."""

from services.demo.account import ACCOUNT, REGION

CLUSTER = "facility-prod-cluster"
SERVICE = "staff-api"
FAMILY = "facility-prod-staff-api"
DEPLOYED, RELEASE = f"{FAMILY}:42", f"{FAMILY}:43"
"""The task definition of the running tasks, and the one that a scenario may deploy."""
DATABASE = "facility-prod-db"
BALANCER = "app/facility-prod-alb/50dc6c495c0c9188"
GROUP = "targetgroup/facility-prod-staff-api-tg/73e2d6bc24d8a067"
BALANCER_ARN = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/{BALANCER}"
GROUP_ARN = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{GROUP}"
DISTRIBUTION = "E1234567890ABC"
DASHBOARD = "facility-prod-main"
APP_LOG = "/ecs/staff-api"
DATABASE_LOG = "/aws/rds/instance/facility-prod-db/postgresql"
WAF_LOG = "aws-waf-logs-facility-prod"
WEB_ACL = "facility-prod-acl"
USER, USER_KEY = "ci-cd-user", "AKIA2TOBANDEMOCICD01"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:facility-prod-ops-alerts"

ECS_DIMENSIONS = (("ClusterName", CLUSTER), ("ServiceName", SERVICE))
ALB_DIMENSIONS = (("LoadBalancer", BALANCER),)
GROUP_DIMENSIONS = (("LoadBalancer", BALANCER), ("TargetGroup", GROUP))
RDS_DIMENSIONS = (("DBInstanceIdentifier", DATABASE),)
WAF_DIMENSIONS = (("Region", REGION), ("Rule", "ALL"), ("WebACL", WEB_ACL))
