from services.demo.account import ACCOUNT, REGION, SYSTEM

CLUSTER = f"{SYSTEM}-prod-cluster"
SERVICE = "staff-api"
FAMILY = f"{SYSTEM}-prod-staff-api"
DEPLOYED, RELEASE = f"{FAMILY}:42", f"{FAMILY}:43"
"""The task definition of the running tasks, and the one that a scenario may deploy."""
DATABASE = f"{SYSTEM}-prod-db"
BALANCER = f"app/{SYSTEM}-prod-alb/50dc6c495c0c9188"
GROUP = f"targetgroup/{SYSTEM}-prod-staff-api-tg/73e2d6bc24d8a067"
BALANCER_ARN = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/{BALANCER}"
GROUP_ARN = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{GROUP}"
DISTRIBUTION = "E1234567890ABC"
DASHBOARD = f"{SYSTEM}-prod-main"
APP_LOG = "/ecs/staff-api"
DATABASE_LOG = f"/aws/rds/instance/{SYSTEM}-prod-db/postgresql"
WAF_LOG = f"aws-waf-logs-{SYSTEM}-prod"
WEB_ACL = f"{SYSTEM}-prod-acl"
USER, USER_KEY = "ci-cd-user", "AKIA2TOBANDEMOCICD01"

ECS_DIMENSIONS = (("ClusterName", CLUSTER), ("ServiceName", SERVICE))
ALB_DIMENSIONS = (("LoadBalancer", BALANCER),)
GROUP_DIMENSIONS = (("LoadBalancer", BALANCER), ("TargetGroup", GROUP))
RDS_DIMENSIONS = (("DBInstanceIdentifier", DATABASE),)
WAF_DIMENSIONS = (("Region", REGION), ("Rule", "ALL"), ("WebACL", WEB_ACL))
